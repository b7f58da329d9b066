// Which page is shown, the theme, the keys; and the start.

const TABS = [["overview", "Overview"], ["people", "People"], ["links", "Links"], ["places", "Places"], ...(served ? [["queue", "Doubts"], ["history", "Corrections"]] : [])];

const route = () => {
  const [page, query] = (location.hash.slice(1) || "overview").split("?");
  const person = page.startsWith("person-") ? run.byId.get(Number(page.slice(7))) : null;
  const tab = page.startsWith("person-") ? "people" : page;
  if (query) Object.assign(table, NO_FILTER, Object.fromEntries(new URLSearchParams(query)));
  byId("tabs").replaceChildren(...TABS.map(([key, name]) => h("a", { href: `#${key}`, "aria-current": key === tab ? "page" : null }, name)));
  const main = byId("main-content");
  const at = shown === page ? window.scrollY : tab === "people" ? window.scrollY : 0;
  main.className = tab;
  if (tab === "people") showPeople(main, page.startsWith("person-") ? page : null, person);
  else main.replaceChildren(({ links: linksPage, places: placesPage, ...(served ? { queue: queuePage, history: historyPage } : {}) }[tab] || overview)());
  window.scrollTo(0, person && narrow() ? 0 : at);
  shown = page;
};
let shown = null;

const narrow = () => matchMedia("(max-width: 60rem)").matches;

// The list stays as it is while one goes from person to person.
const showPeople = (main, page, person) => {
  const old = main.querySelector(".people");
  const keep = page && old && old.dataset.run === String(run.revision || 0);
  const list = keep ? old : peopleList(person);
  list.dataset.run = String(run.revision || 0);
  main.querySelectorAll(".person, .missing").forEach((e) => e.remove());
  if (!keep) main.replaceChildren(list);
  main.classList.toggle("with-person", Boolean(page));
  list.querySelectorAll("tr.chosen").forEach((row) => row.classList.remove("chosen"));
  list.querySelectorAll("a[aria-current]").forEach((a) => a.removeAttribute("aria-current"));
  if (!page) return;
  if (!person) main.append(h("p", { class: "missing empty card" }, "There is no such person. ", h("a", { href: "#people" }, "Show all people")));
  else {
    main.append(personPage(person));
    const row = list.querySelector(`tr[data-person="${person.id}"]`);
    if (row) { row.classList.add("chosen"); row.querySelector("a").setAttribute("aria-current", "true"); }
    if (narrow()) byId("person-name").focus({ preventScroll: true });
  }
};

const themes = ["auto", "light", "dark"];
const stored = (name, value) => {
  try { // some browsers keep nothing for files
    if (value !== undefined) localStorage.setItem(name, value);
    return localStorage.getItem(name);
  } catch { return null; }
};

const themeButton = () => {
  let theme = themes.includes(stored("reid-track-theme")) ? stored("reid-track-theme") : "auto";
  const button = h("button", { type: "button", class: "plain", onclick: () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    stored("reid-track-theme", theme);
    show();
  } });
  const show = () => {
    document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
  };
  show();
  return button;
};

const start = (raw) => {
  if (served) renew(raw);
  else run = decode(raw);
  byId("tools").replaceChildren(...(served ? undoButtons() : []), themeButton());
  window.addEventListener("hashchange", route);
  window.addEventListener("keydown", (event) => {
    const writing = event.target.closest && event.target.closest("input, select, textarea, dialog");
    if (event.key === "/" && !writing && byId("find")) { event.preventDefault(); byId("find").focus(); }
    if (event.key === "Escape" && !writing && location.hash.startsWith("#person-")) location.hash = "people";
  });
  byId("skip").addEventListener("click", (event) => { event.preventDefault(); byId("main-content").focus(); });
  route();
};

start(JSON.parse(byId("facts").textContent));
