// Where people spend their time, and all their ways, over each camera's poster.

const heat = { ways: false };

// Viridis, read at nine places: told apart by everybody, and in grey.
const VIRIDIS = [[68, 1, 84], [71, 44, 122], [59, 81, 139], [44, 113, 142], [33, 144, 141], [39, 173, 129], [92, 200, 99], [170, 220, 50], [253, 231, 37]];
const viridis = (share) => {
  const at = share * (VIRIDIS.length - 1), low = Math.min(Math.floor(at), VIRIDIS.length - 2);
  return VIRIDIS[low].map((c, n) => c + (at - low) * (VIRIDIS[low + 1][n] - c));
};

const WIDE = 320; // pixels of the map, which is stretched over the poster

const heatCanvas = (camera) => {
  const high = Math.round((WIDE * camera.height) / camera.width);
  const canvas = h("canvas", { width: WIDE, height: high, role: "img", "aria-label": `Where people spend their time in ${camera.name}: brighter is longer` });
  const pen = canvas.getContext("2d"), grid = new Float32Array(WIDE * high), r = 8;
  for (const visit of camera.visits) {
    const each = (visit.leave - visit.enter) / Math.max(visit.feet.length, 1);
    for (const [fx, fy] of visit.feet) {
      const cx = (fx * WIDE) / camera.width, cy = (fy * WIDE) / camera.width;
      for (let y = Math.max(0, Math.ceil(cy - r)); y <= Math.min(high - 1, cy + r); y += 1) {
        for (let x = Math.max(0, Math.ceil(cx - r)); x <= Math.min(WIDE - 1, cx + r); x += 1) {
          grid[y * WIDE + x] += each * Math.max(0, 1 - ((x - cx) ** 2 + (y - cy) ** 2) / r ** 2);
        }
      }
    }
  }
  const most = grid.reduce((a, b) => Math.max(a, b), 1e-9), image = pen.createImageData(WIDE, high);
  grid.forEach((value, n) => {
    const share = Math.sqrt(value / most);
    image.data.set([...viridis(share), 190 * Math.min(2 * share, 1)], 4 * n);
  });
  pen.putImageData(image, 0, 0);
  return canvas;
};

const heatScene = (camera) => {
  const address = posterAddress(camera), unit = camera.width / 420;
  const ways = camera.visits.map(({ person, feet }) => svg("polyline", { points: feet.map((p) => p.join(",")).join(" "), fill: "none", stroke: person.colour, "stroke-width": 2 * unit, "stroke-opacity": 0.8 }));
  return h("figure", { class: "scene heat" },
    h("div", {}, svg("svg", { viewBox: `0 0 ${camera.width} ${camera.height}`, role: "img", "aria-label": heat.ways ? `All ways in ${camera.name}` : camera.name },
      address ? svg("image", { href: address, width: camera.width, height: camera.height, preserveAspectRatio: "none" }) : null, heat.ways ? ways : null),
    heat.ways ? null : heatCanvas(camera)),
    h("figcaption", {}, `${camera.name}: ${count(camera.visits.length, "visit")}`));
};

const placesPage = () => {
  const place = h("div", { class: "scenes" });
  const draw = () => place.replaceChildren(...run.cameras.map(heatScene));
  draw();
  const kind = h("select", { onchange: (event) => { heat.ways = event.target.value === "ways"; draw(); } },
    [["time", "time spent"], ["ways", "all ways"]].map(([value, text]) => h("option", { value, selected: heat.ways === (value === "ways") }, text)));
  return h("div", { class: "overview" },
    hooks.zones ? hooks.zones() : run.counts ? zonesSection(run.counts) : null,
    h("section", { class: "card" }, h("h2", {}, "Where people are"),
      h("form", { class: "filters", onsubmit: (event) => event.preventDefault() }, h("label", {}, h("span", {}, "Show"), kind)), place));
};
