// Where people walked: on each camera's poster, and on the map where places are known.

// A line with a rim, so that it shows on any picture; a ring where it begins, a dot where it ends.
const walk = (person, visit, points, unit) => {
  const text = points.map((p) => p.join(",")).join(" ");
  const [from, to] = [points[0], points[points.length - 1]];
  const line = { points: text, fill: "none", "stroke-linejoin": "round", "stroke-linecap": "round" };
  return svg("g", {},
    svg("polyline", { ...line, stroke: "#fff", "stroke-width": 5 * unit }),
    svg("polyline", { ...line, stroke: "#000", "stroke-width": 3.6 * unit }),
    svg("polyline", { ...line, stroke: person.colour, "stroke-width": 2.6 * unit }),
    svg("circle", { cx: to[0], cy: to[1], r: 4.5 * unit, fill: person.colour, stroke: "#000", "stroke-width": 1.5 * unit }),
    svg("circle", { cx: from[0], cy: from[1], r: 8 * unit, fill: "#fff", stroke: "#000", "stroke-width": 1.5 * unit }),
    svg("text", { x: from[0], y: from[1], "font-size": 11 * unit, "text-anchor": "middle", "dominant-baseline": "central", "font-weight": 700, fill: "#000" }, String(visit.number)));
};

const cameraPath = (person, camera) => {
  const visits = person.visits.filter((v) => v.camera === camera && v.feet.length);
  const address = posterAddress(camera);
  const text = `Way of ${named(person)} in ${camera.name}: ${visits.map((v) => `visit ${v.number}, ${clock(v.enter)} to ${clock(v.leave)}`).join("; ")}`;
  const unit = camera.width / 420;
  const inset = (p) => [Math.min(Math.max(p[0], 9 * unit), camera.width - 9 * unit), Math.min(Math.max(p[1], 9 * unit), camera.height - 9 * unit)];
  return h("figure", { class: "scene" },
    svg("svg", { viewBox: `0 0 ${camera.width} ${camera.height}`, role: "img", "aria-label": text, class: address ? "" : "bare" },
      address ? svg("image", { href: address, width: camera.width, height: camera.height, preserveAspectRatio: "none" }) : null,
      visits.map((visit) => walk(person, visit, visit.feet.map(inset), unit))),
    h("figcaption", {}, camera.name));
};

// The ground from above in metres, framed so that all people of the run fit.
const groundMap = (person) => {
  const all = run.visits.flatMap((v) => v.places);
  const xs = all.map((p) => p[0]).sort((a, b) => a - b), ys = all.map((p) => p[1]).sort((a, b) => a - b);
  const at = (sorted, part) => sorted[Math.floor(part * (sorted.length - 1))]; // a stray place shall not shrink the rest
  const own = person.visits.flatMap((v) => v.places);
  const [x0, x1] = [Math.min(at(xs, 0.01), ...own.map((p) => p[0])), Math.max(at(xs, 0.99), ...own.map((p) => p[0]))];
  const [y0, y1] = [Math.min(at(ys, 0.01), ...own.map((p) => p[1])), Math.max(at(ys, 0.99), ...own.map((p) => p[1]))];
  const size = Math.max(x1 - x0, y1 - y0, 1), step = niceStep(size, 8), pad = size * 0.08, unit = size / 380;
  const lines = [];
  const rule = (a, b, text, x, y) => lines.push(svg("line", { x1: a[0], y1: a[1], x2: b[0], y2: b[1], class: "rule", "stroke-width": unit }),
    svg("text", { x, y, class: "rule-text", "font-size": 12 * unit }, text));
  for (let x = Math.ceil((x0 - pad) / step) * step; x <= x1 + pad; x += step) rule([x, -y1 - pad], [x, -y0 + pad], `${+x.toFixed(1)}`, x + 3 * unit, -y0 + pad - 3 * unit);
  for (let y = Math.ceil((y0 - pad) / step) * step; y <= y1 + pad; y += step) rule([x0 - pad, -y], [x1 + pad, -y], `${+y.toFixed(1)}`, x0 - pad + 3 * unit, -y - 3 * unit);
  const visits = person.visits.filter((v) => v.places.length);
  return h("figure", { class: "scene map" },
    svg("svg", { viewBox: `${x0 - pad} ${-y1 - pad} ${x1 - x0 + 2 * pad} ${y1 - y0 + 2 * pad}`, role: "img", "aria-label": `Way of ${named(person)} on the ground, in metres` },
      lines, visits.map((visit) => walk(person, visit, visit.places.map(([x, y]) => [x, -y]), unit))),
    h("figcaption", {}, "Map, metres"));
};
