// The whole run on one page.

// Sections that whoever renders the page adds at the end: functions that return an element.
const sections = [];

const overview = () => {
  const several = run.people.filter((person) => person.cameras.length > 1).length;
  const unsure = run.links.filter((link) => link.by === BY_PROGRAM && link.probability < UNSURE).length;
  return h("div", { class: "overview" },
    h("section", { "aria-label": "In numbers" }, h("dl", { class: "figures" },
      figure("People", run.people.length, "#people"),
      figure("Visits", run.visits.length),
      figure("Cameras", run.cameras.length),
      run.cameras.length > 1 ? figure("In several cameras", several, "#people?cameras=2") : null,
      figure(`Links below ${Math.round(UNSURE * 100)} %`, unsure, "#links"),
      figure("Time", lasting(run.end - run.begin)))),
    h("section", { class: "card" }, h("h2", {}, "People in view over time"), crowd()),
    run.cameras.length > 1 ? h("section", { class: "card" }, h("h2", {}, "From camera to camera"), matrix()) : null,
    run.links.length ? h("section", { class: "card" }, h("h2", {}, "Weakest links"),
      h("div", { class: "links" }, weakest().slice(0, 3).map(linkCard)),
      h("p", {}, h("a", { href: "#links" }, `All ${count(run.links.length, "link")}`))) : null,
    sections.map((section) => section()),
    h("p", { class: "small" }, models()));
};

const figure = (name, value, address) => {
  const text = typeof value === "number" ? value.toLocaleString("en") : value;
  return h("div", {}, h("dt", {}, name), h("dd", {}, address && value ? h("a", { href: address }, text) : text));
};

const models = () => {
  const { detector, reid } = run.models;
  return `Detector ${detector.name}, ReID ${reid ? reid.name : "none"}. ${run.start ? `The run began on ${run.start.slice(0, 10)}.` : "Times are on the run's common clock."}`;
};

// Who went from where to where: how many people, and how long it took the one in the middle.
const matrix = () => {
  const cells = new Map();
  for (const move of run.moves) {
    const key = `${move.from.camera.index} ${move.to.camera.index}`;
    cells.set(key, [...(cells.get(key) || []), move.gap]);
  }
  if (!cells.size) return h("p", { class: "empty" }, "Nobody was seen in two cameras one after the other.");
  const top = Math.max(...[...cells.values()].map((gaps) => gaps.length));
  const head = h("tr", {}, h("th", { scope: "col" }, "from \\ to"), run.cameras.map((c) => h("th", { scope: "col" }, c.name)));
  const rows = run.cameras.map((from) => h("tr", {}, h("th", { scope: "row" }, from.name), run.cameras.map((to) => {
    const gaps = cells.get(`${from.index} ${to.index}`);
    if (!gaps) return h("td", { class: "none" }, from === to ? "" : "·");
    const level = Math.ceil((5 * gaps.length) / top);
    const text = `${count(gaps.length, "time")} from ${from.name} to ${to.name}, the middle one in ${lasting(middle(gaps))}`;
    return h("td", { class: `level-${level}` }, h("a", { href: `#people?from=${from.index}&to=${to.index}`, title: text, "aria-label": text },
      h("strong", {}, String(gaps.length)), h("span", {}, lasting(middle(gaps)))));
  })));
  return h("div", {}, h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "From camera to camera" },
    h("table", { class: "matrix" }, h("thead", {}, head), h("tbody", {}, rows))),
  h("p", { class: "small" }, "How often, and the median time between leaving one view and entering the other; 0 where both saw the person at once. Choose a cell to see who."));
};
