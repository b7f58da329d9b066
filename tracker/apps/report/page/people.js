// All people: to sort, to filter, to choose one.

const COLUMNS = [
  { key: "id", name: "Person", value: (p) => p.id },
  { key: "when", name: "When", value: (p) => p.first, wide: true },
  { key: "first", name: "First seen", value: (p) => p.first, number: true, text: (p) => clock(p.first) },
  { key: "last", name: "Last seen", value: (p) => p.last, number: true, text: (p) => clock(p.last) },
  { key: "seen", name: "In view", value: (p) => p.seen, number: true, text: (p) => lasting(p.seen) },
  { key: "visits", name: "Visits", value: (p) => p.visits.length, number: true, text: (p) => String(p.visits.length) },
  { key: "cameras", name: "Cameras", value: (p) => p.cameras.length, number: true, text: (p) => String(p.cameras.length), title: (p) => p.cameras.map((c) => c.name).join(", ") },
  { key: "weakest", name: "Weakest link", value: (p) => (p.weakest === null ? 2 : p.weakest), number: true, text: (p) => chance(p.weakest), flag: (p) => p.weakest !== null && p.weakest < UNSURE },
];

const NO_FILTER = { text: "", camera: "", cameras: "1", unsure: false, from: "", to: "" };
const table = { sort: "id", down: false, ...NO_FILTER };

const matches = (person) => {
  const words = table.text.trim().toLowerCase();
  const told = `${person.id} ${person.name || ""} ${person.cameras.map((c) => c.name).join(" ")}`.toLowerCase();
  const wanted = /^\d+$/.test(words) ? String(person.id) === words || (person.name || "").includes(words) : told.includes(words);
  return (!words || wanted)
    && (table.camera === "" || person.cameras.some((c) => c.index === Number(table.camera)))
    && person.cameras.length >= Number(table.cameras)
    && (!table.unsure || (person.weakest !== null && person.weakest < UNSURE))
    && (table.from === "" || person.moves.some((m) => m.from.camera.index === Number(table.from) && m.to.camera.index === Number(table.to)));
};

const chosenPeople = () => {
  const { value } = COLUMNS.find((column) => column.key === table.sort);
  const sign = table.down ? -1 : 1;
  return run.people.filter(matches).sort((a, b) => sign * (value(a) - value(b)) || a.id - b.id);
};

const peopleList = (chosen) => {
  const place = h("div", { class: "list" });
  const redraw = () => place.replaceChildren(peopleTable(chosen, redraw));
  redraw();
  return h("section", { class: "people", "aria-label": "All people" }, filters(redraw), place);
};

const filters = (redraw) => {
  const set = (name) => (event) => {
    table[name] = event.target.type === "checkbox" ? event.target.checked : event.target.value;
    redraw();
  };
  const option = (value, text, current) => h("option", { value, selected: String(value) === current }, text);
  const reset = () => { Object.assign(table, NO_FILTER); location.hash = "people"; route(); };
  return h("form", { class: "filters", onsubmit: (event) => event.preventDefault() },
    h("label", {}, h("span", {}, "Find"), h("input", { id: "find", type: "search", placeholder: "id, name, camera", value: table.text, oninput: set("text") })),
    h("label", {}, h("span", {}, "Seen in"), h("select", { onchange: set("camera") }, option("", "any camera", table.camera),
      run.cameras.map((c) => option(c.index, c.name, table.camera)))),
    run.cameras.length > 1 ? h("label", {}, h("span", {}, "Cameras"), h("select", { onchange: set("cameras") },
      run.cameras.map((_, n) => option(n + 1, n ? `${n + 1} or more` : "any number", table.cameras)))) : null,
    h("label", { class: "check" }, h("input", { type: "checkbox", checked: table.unsure, onchange: set("unsure") }), `link below ${Math.round(UNSURE * 100)} %`),
    table.from !== "" ? h("span", { class: "tag" }, `${run.cameras[table.from].name} to ${run.cameras[table.to].name}`) : null,
    h("button", { type: "button", class: "plain", onclick: reset }, "Clear"));
};

const peopleTable = (chosen, redraw) => {
  const found = chosenPeople();
  const told = found.length === run.people.length ? count(found.length, "person", "people") : `${found.length} of ${count(run.people.length, "person", "people")}`;
  const body = h("tbody", {});
  const more = inPortions(body, found, 60, (person) => personRow(person, person === chosen));
  const sort = (column) => {
    table.down = table.sort === column.key ? !table.down : false;
    table.sort = column.key;
    redraw();
    byId(`sort-${column.key}`).focus();
  };
  const heads = COLUMNS.map((column) => h("th", {
    scope: "col", class: `${column.number ? "number" : ""} col-${column.key}`,
    "aria-sort": table.sort === column.key ? (table.down ? "descending" : "ascending") : null,
  }, h("button", { type: "button", id: `sort-${column.key}`, onclick: () => sort(column) }, column.name,
    h("span", { class: "arrow", "aria-hidden": "true" }, table.sort === column.key ? (table.down ? "▼" : "▲") : ""))));
  return h("div", {}, h("p", { class: "told", role: "status" }, told),
    h("table", { class: "all", onkeydown: moveByKey }, h("caption", { class: "hidden" }, "People; the buttons in the head sort"),
      h("thead", {}, h("tr", {}, heads)), body),
    hooks.chosen ? hooks.chosen() : null,
    found.length ? more : h("p", { class: "empty" }, "Nobody fits these filters."),
    h("p", { class: "small keys" }, "Keys: / finds, arrows go through the list, Enter opens a person, Esc closes it."));
};

const personRow = (person, chosen) => h("tr", {
  ...(hooks.row ? hooks.row(person) : {}),
  class: chosen ? "chosen" : "", "data-person": person.id,
  onclick: (event) => { if (!event.target.closest("a, input")) location.hash = `person-${person.id}`; },
}, COLUMNS.map((column) => {
  if (column.key === "id") {
    return h("th", { scope: "row" }, hooks.pick ? hooks.pick(person) : null, h("a", { class: "person-link", href: `#person-${person.id}`, "aria-current": chosen ? "true" : null },
      crop(best(person), 0, "small"), chip(person), person.name ? h("span", { class: "name" }, person.name) : null));
  }
  if (column.key === "when") return h("td", { class: "col-when" }, strip(person));
  const flag = column.flag && column.flag(person);
  return h("td", { class: `number col-${column.key}`, title: column.title ? column.title(person) : null, "data-name": column.name },
    flag ? h("span", { class: "flag" }, column.text(person)) : column.text(person));
}));

// The visit that shows somebody best: one with pictures, the longest.
const best = (person) => person.visits.reduce((a, b) =>
  (Boolean(b.shots.length) - Boolean(a.shots.length) || (b.leave - b.enter) - (a.leave - a.enter)) > 0 ? b : a);

// Arrow keys go from person to person.
const moveByKey = (event) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const row = event.target.closest("tbody tr");
  const next = row && (event.key === "ArrowDown" ? row.nextElementSibling : row.previousElementSibling);
  if (!next) return;
  event.preventDefault();
  next.querySelector("a").focus();
};
