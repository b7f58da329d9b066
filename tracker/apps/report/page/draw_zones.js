// Zones drawn on the posters, and saved beside the result.

const drawn = { file: null, counts: null, kind: "zone", points: [], camera: null };

hooks.zones = () => {
  const place = h("section", { class: "card", id: "zones" }, h("h2", {}, "Zones"));
  if (drawn.file) { drawZones(place); return place; }
  fetch("zones.json").then((answer) => answer.json()).then((facts) => {
    if (facts && facts.error) say(facts.error);
    drawn.counts = facts && facts.file ? facts : null;
    drawn.file = drawn.counts ? drawn.counts.file : { zones: {}, lines: {} };
    drawZones(place);
  }, () => say("The review's server does not answer; start it again."));
  return place;
};
window.addEventListener("corrected", () => { drawn.file = null; }); // counts are of other people now

const saveZones = async (file) => {
  const answer = await fetch("zones", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(file) });
  const facts = await answer.json();
  if (!answer.ok) { say(facts.error); return; }
  Object.assign(drawn, { file, counts: facts, points: [], camera: null });
  say("Saved in zones.yaml");
  drawZones(byId("zones"));
};

const withoutZone = (name) => {
  const left = (entries) => Object.fromEntries(Object.entries(entries || {}).filter(([key]) => key !== name));
  return { ...drawn.file, zones: left(drawn.file.zones), lines: left(drawn.file.lines) };
};

const finishShape = (name) => {
  const { kind, points, camera } = drawn, enough = kind === "line" ? points.length === 2 : points.length > 2;
  if (!name || !enough) { say(name ? (kind === "line" ? "Click the line's two ends" : "Click three corners or more") : "Give it a name"); return; }
  const file = withoutZone(null), round = points.map(([x, y]) => [Math.round(x), Math.round(y)]);
  if (kind === "line") file.lines[name] = { line: round, camera: camera.name };
  else {
    const part = { polygon: round, camera: camera.name };
    file.zones[name] = file.zones[name] ? [file.zones[name], part].flat() : part;
  }
  saveZones(file);
};

const drawZones = (place) => {
  const parts = scenesOf(drawn.file), again = () => drawZones(place);
  const name = h("input", { type: "text", id: "zone-name", value: drawn.name || "", maxlength: 40, placeholder: "name", oninput: (event) => { drawn.name = event.target.value; } });
  const kind = h("select", { "aria-label": "What to draw", onchange: (event) => { Object.assign(drawn, { kind: event.target.value, points: [] }); again(); } },
    ["zone", "line"].map((value) => h("option", { value, selected: value === drawn.kind }, value)));
  const scenes = run.cameras.map((camera) => {
    const now = drawn.camera === camera && drawn.points.length ? [{ name: "", camera: camera.name, points: drawn.points, closed: drawn.kind === "zone" && drawn.points.length > 2 }] : [];
    const click = (event) => {
      const area = event.currentTarget.getBoundingClientRect();
      const point = [((event.clientX - area.left) / area.width) * camera.width, ((event.clientY - area.top) / area.height) * camera.height];
      if (drawn.camera !== camera || (drawn.kind === "line" && drawn.points.length === 2)) drawn.points = [];
      Object.assign(drawn, { camera, points: [...drawn.points, point] });
      again();
    };
    const figure = zoneScene(camera, parts(camera), { onclick: click, class: "drawing" });
    const view = figure.querySelector("svg"), unit = camera.width / 420;
    for (const part of now) {
      if (part.points.length > 1) view.append(shape(part, unit));
      part.points.forEach(([x, y]) => view.append(svg("circle", { cx: x, cy: y, r: 4 * unit, class: "zone-point" })));
    }
    return figure;
  });
  const names = [...Object.keys(drawn.file.zones || {}), ...Object.keys(drawn.file.lines || {})];
  place.replaceChildren(h("h2", {}, "Zones"),
    h("p", { class: "lead" }, "Click a zone's corners in turn, or a line's two ends, on a camera's picture; who crosses a line along its arrow goes in. A name that there is already adds another camera's part to that zone."),
    h("form", { class: "filters", onsubmit: (event) => { event.preventDefault(); finishShape(name.value.trim()); } }, kind, name,
      h("button", { type: "submit", class: "primary" }, "Save"), h("button", { type: "button", onclick: () => { drawn.points = []; again(); } }, "Clear"),
      names.map((n) => h("span", { class: "tag" }, n, " ", h("button", { type: "button", class: "plain", "aria-label": `Remove ${n}`, onclick: () => saveZones(withoutZone(n)) }, "✕")))),
    h("div", { class: "scenes" }, scenes), drawn.counts ? countTables(drawn.counts) : "");
};
