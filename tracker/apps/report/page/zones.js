// Zones and lines: where they are, and who was counted in them.

const scenesOf = (file) => {
  const parts = [
    ...Object.entries(file.zones || {}).flatMap(([name, entry]) => [entry].flat().map((part) => ({ name, camera: part.camera, points: part.polygon, closed: true }))),
    ...Object.entries(file.lines || {}).map(([name, { camera, line }]) => ({ name, camera, points: line, closed: false })),
  ];
  return (camera) => parts.filter((part) => part.camera === camera.name);
};

// An arrow across a line's middle shows which way is in: to the right of who walks from its start.
const shape = ({ name, points, closed }, unit) => {
  const text = points.map((p) => p.join(",")).join(" "), [a, b] = points;
  const middle = closed ? points.reduce((m, p) => [m[0] + p[0] / points.length, m[1] + p[1] / points.length], [0, 0]) : [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  const marks = [];
  if (!closed) {
    const long = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1, n = [(a[1] - b[1]) / long, (b[0] - a[0]) / long];
    const at = (along, across) => [middle[0] + unit * (across * n[0] + along * n[1]), middle[1] + unit * (across * n[1] - along * n[0])].join(",");
    marks.push(svg("polygon", { points: [at(-7, 0), at(7, 0), at(0, 16)].join(" "), class: "zone-arrow" }));
  }
  return svg("g", { class: "zone" },
    svg(closed ? "polygon" : "polyline", { points: text, class: "zone-rim", "stroke-width": 5 * unit }),
    svg(closed ? "polygon" : "polyline", { points: text, class: "zone-line", "stroke-width": 2.5 * unit }), marks,
    svg("text", { x: middle[0], y: middle[1] - 4 * unit, "font-size": 13 * unit, "text-anchor": "middle", class: "zone-name", "stroke-width": 3 * unit }, name));
};

const zoneScene = (camera, parts, more) => h("figure", { class: "scene" },
  svg("svg", { viewBox: `0 0 ${camera.width} ${camera.height}`, role: "img", "aria-label": `Zones in ${camera.name}: ${parts.map((p) => p.name).join(", ") || "none"}`, ...(more || {}) },
    posterAddress(camera) ? svg("image", { href: posterAddress(camera), width: camera.width, height: camera.height, preserveAspectRatio: "none" }) : null,
    parts.map((part) => shape(part, camera.width / 420))),
  h("figcaption", {}, camera.name));

const zonesSection = (counts) => h("section", { class: "card" }, h("h2", {}, "Zones"),
  h("div", { class: "scenes" }, run.cameras.filter((c) => scenesOf(counts.file)(c).length).map((c) => zoneScene(c, scenesOf(counts.file)(c)))), countTables(counts));

const numbers = (heads, rows) => h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": heads[0] },
  h("table", { class: "counts" }, h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
    h("tbody", {}, rows.map(([name, ...cells]) => h("tr", {}, h("th", { scope: "row" }, name), cells.map((cell) => h("td", {}, cell)))))));

// People in a zone over the run's time, as a line of steps.
const occupancy = ({ name, occupancy: steps, most_present }) => {
  if (!steps.length) return null;
  const top = Math.max(most_present, 1), x = (t) => (1000 * (t - run.begin)) / (run.end - run.begin);
  const points = [`0,${top}`];
  let now = 0;
  for (const [time, people] of steps) { points.push(`${x(time)},${top - now}`, `${x(time)},${top - people}`); now = people; }
  return h("div", { class: "lane" }, h("span", { class: "lane-name" }, name), h("div", { class: "lane-track tall" },
    svg("svg", { viewBox: `0 0 1000 ${top}`, preserveAspectRatio: "none", role: "img", "aria-label": `${name}: at most ${count(most_present, "person", "people")} at once` },
      svg("polygon", { points: [...points, `1000,${top - now}`, `1000,${top}`].join(" ") }))));
};

const countTables = ({ zones, lines, conversions, hours, staff }) => h("div", {},
  lines.length ? numbers(["Line", "In", "Out", "People"], lines.map((l) => [l.name, l.entries, l.exits, l.people])) : null,
  zones.length ? numbers(["Zone", "People", "Returning", "Mean stay", "Longest", "Most at once"], zones.map((z) => [z.name, z.people, z.returning,
    z.mean_dwell_s === null ? "-" : lasting(z.mean_dwell_s), z.longest_dwell_s === null ? "-" : lasting(z.longest_dwell_s), z.most_present])) : null,
  zones.length ? h("div", { class: "timeline" }, zones.map(occupancy), h("div", { class: "lane" }, h("span", {}), axis(whole()))) : null,
  conversions.length ? numbers(["From zone to zone", "People", "Of", "Median"], conversions.map((c) => [`${c.from_zone} → ${c.to_zone}`, c.people, c.of, lasting(c.median_s)])) : null,
  hours.length > 1 ? numbers(["Hour", "People", "New", "Returning"], hours.map((x) => [clock(x.start_s), x.people, x.new, x.people - x.new])) : null,
  staff.length ? h("p", { class: "small" }, `Not counted: ${staff.join(", ")}`) : null);
