// The wall: who is present, who went where, what zones hold; and one camera alone, by key.

const cropOf = (camera, person, version) => (version === null ? h("span", { class: "crop none", "aria-hidden": "true" })
  : h("img", { class: "crop", src: `crop/${encodeURIComponent(camera)}/${person}.jpg?v=${version}`, alt: `ID ${person} in ${camera}`, loading: "lazy" }));

const idChip = (person, colour) => h("span", { class: "chip", at: { background: colour, color: inkOn(colour) } }, `ID ${person}`);

const lastingFor = (seconds) => (seconds < 60 ? `${Math.max(seconds, 0).toFixed(0)} s` : `${Math.floor(seconds / 60)} min`);

// Replaces the items of a list only where they changed, so that pictures do not flicker.
const renewList = (list, items, make) => {
  const old = new Map([...list.children].map((e) => [e.dataset.key, e]));
  list.replaceChildren(...items.map(([key, item, text]) => {
    const kept = old.get(key) || make(item);
    kept.dataset.key = key;
    const place = kept.querySelector(".where");
    if (place && place.textContent !== text) place.textContent = text;
    return kept;
  }));
};

// A person once, with all cameras that see them now.
const showPresent = (state) => {
  const people = new Map();
  for (const entry of state.present) people.set(entry.global_id, [...(people.get(entry.global_id) || []), entry]);
  const items = [...people].map(([id, seen]) => {
    const first = seen.reduce((a, b) => (a.since_s < b.since_s ? a : b));
    const shown = seen.reduce((a, b) => ((b.crop ?? -1) > (a.crop ?? -1) ? b : a));
    const where = `${seen.map((e) => e.camera).join(" and ")}, ${lastingFor(state.time_s - first.since_s)}`;
    return [`${id} ${shown.camera} ${shown.crop === null ? "" : Math.floor(shown.crop / 3000)}`, { id, shown }, where];
  });
  renewList(byId("present"), items, ({ id, shown: entry }) => h("li", {}, cropOf(entry.camera, id, entry.crop), h("div", {}, idChip(id, entry.colour), h("span", { class: "where" }))));
  byId("nobody").hidden = items.length > 0;
  byId("present-count").textContent = items.length || "";
};

const showMoves = (state) => {
  const items = state.moves.map((move) => {
    const sure = move.probability === null ? "" : `, ${Math.round(100 * move.probability)} % sure`;
    const told = `${move.from} to ${move.to} in ${move.travel_s.toFixed(1)} s, at ${timeOf(move)}${sure}`;
    return [`${move.global_id} ${move.to} ${move.time_s} ${move.crops.join()}`, move, told];
  });
  renewList(byId("moves"), items, (move) => h("li", {}, cropOf(move.from, move.global_id, move.crops[0]), h("span", { class: "muted", "aria-hidden": "true" }, "→"),
    cropOf(move.to, move.global_id, move.crops[1]), h("div", {}, idChip(move.global_id, move.colour), h("span", { class: "where" }))));
  byId("no-moves").hidden = items.length > 0;
};

const showZones = (state) => {
  const zones = Object.entries(state.zones).map(([name, people]) => h("div", {}, h("dt", {}, name), h("dd", {}, String(people))));
  const lines = Object.entries(state.lines).map(([name, [into, out]]) => h("div", {}, h("dt", {}, name), h("dd", {}, `${into} in, ${out} out`)));
  byId("zones").replaceChildren(...zones, ...lines);
  byId("zones-part").hidden = zones.length + lines.length === 0;
};

// One camera over the whole wall, and back.
const alone = (figure) => {
  const on = figure && !figure.classList.contains("alone");
  document.querySelectorAll("figure.alone").forEach((e) => e.classList.remove("alone"));
  if (on) figure.classList.add("alone");
  document.body.classList.toggle("one", Boolean(on));
};

window.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || (event.target.closest && event.target.closest("dialog, input, select"))) return;
  const figures = [...byId("cameras").children];
  if (event.key === "Escape" || event.key === "0") alone(null);
  else if (figures[Number(event.key) - 1]) alone(figures[Number(event.key) - 1]);
  else if (event.key === "f" && document.fullscreenEnabled) {
    if (document.fullscreenElement) document.exitFullscreen(); else document.documentElement.requestFullscreen();
  }
});

byId("cameras").addEventListener("click", (event) => {
  const figure = event.target.closest("figure");
  if (figure && !event.target.closest("button, video, dialog")) alone(figure);
});
