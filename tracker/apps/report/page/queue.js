// What to look at next: the most doubtful links and what was nearly a link, answered by one key each.

const queue = { later: new Set(), follows: [], total: 0 };
const SURE_ENOUGH = 0.02; // of doubt: a link of more than 99 % is not asked about

// How likely what was decided is wrong, doubled: 1 for an even chance.
const doubt = (wrong) => Math.min(2 * wrong, 1);
const keyOf = ({ first, second }) => `${visitName(first)} ${visitName(second)}`;

const openItems = () => {
  const links = run.links.filter((link) => link.by === BY_PROGRAM)
    .map((link) => ({ ...link, link, weight: doubt(1 - link.probability / Math.max(1, link.probability + (link.rivalProbability || 0))) }));
  const near = run.suggestions.filter(({ first, second }) => first.person !== second.person)
    .map((one) => ({ ...one, weight: doubt(one.probability) }));
  const find = ([camera, track]) => run.visits.find((v) => v.camera.name === camera && v.track === track);
  const follows = queue.follows.map(({ first, second, probability, parted }) => ({ first: find(first), second: find(second), probability, parted, weight: 1 }))
    .filter(({ first, second, parted }) => first && second && (first.person === second.person) === Boolean(parted))
    .map((one) => ({ ...one, link: one.parted ? run.links.find((l) => l.first === one.first && l.second === one.second) : null, follows: true }));
  const known = new Set(follows.map(keyOf));
  const rest = [...links, ...near].filter((one) => one.weight > SURE_ENOUGH && !known.has(keyOf(one))).sort((a, b) => b.weight - a.weight || (a.link ? a.probability : 1) - (b.link ? b.probability : 1));
  const all = [...follows, ...rest];
  return [...all.filter((one) => !queue.later.has(keyOf(one))), ...all.filter((one) => queue.later.has(keyOf(one)))];
};

// Asks, after an answer, what the program would now decide differently, and puts that first.
const lookAnew = () => {
  if (!run.looks) return;
  fetch("anew.json").then((answer) => answer.json()).then(({ joined, parted }) => {
    queue.follows = [...parted.map((one) => ({ ...one, parted: true })), ...joined, ...queue.follows].slice(0, 20);
    if (joined.length + parted.length && location.hash === "#queue") route();
  }, () => {});
};

const answers = {
  y: (one) => (one.link ? confirmLink(one.link) : merge(one.first.person.id, one.second.person.id)),
  n: (one) => (one.link ? partLink(one.link) : correct("Kept apart", one.first.person.id, { apart: { first: entry(one.first), second: entry(one.second) } })),
  u: (one) => { queue.later.add(keyOf(one)); route(); },
  " ": (one) => hooks.play(one.second, one.second.shots[0] ?? one.second.first),
};

const queuePage = () => {
  const items = openItems(), open = items.reduce((sum, one) => sum + one.weight, 0);
  queue.total = Math.max(queue.total, open);
  const settled = queue.total ? 1 - open / queue.total : 1;
  const [one] = items;
  const button = (key, text, kind) => h("button", { type: "button", class: kind, "data-key": key, onclick: () => answers[key](one) }, text, " ", h("kbd", {}, key === " " ? "space" : key));
  return h("section", { class: "queue" }, h("h2", {}, "Look at these next"),
    h("p", { class: "told", role: "status" }, items.length ? `${count(items.length, "question")}; ${Math.round(100 * settled)} % of the doubt is settled` : "Nothing is in doubt any more."),
    h("progress", { max: 1, value: settled, "aria-label": "Doubt that is settled" }),
    one ? h("article", { class: "card ask", "data-pair": keyOf(one) },
      h("p", { class: "lead" }, "Are these one person? ", one.follows ? h("span", { class: "tag" }, "follows from your answers") : one.link ? "They are taken for one now." : "They are taken for two now."),
      h("div", { class: "pair" }, side("Earlier visit", one.first),
        h("div", { class: "verdict" }, h("div", { class: "big" }, chance(one.probability)), meter(one.probability || 0),
          h("dl", { class: "facts" }, one.similarity === undefined ? null : fact("similarity", decimal(one.similarity)), fact("between", lasting(Math.max(one.second.enter - one.first.leave, 0))))),
        side("Later visit", one.second)),
      h("div", { class: "answers" }, button("y", "Yes, one", "primary"), button("n", "No, two"), button("u", "Unsure"), button(" ", "Play"))) : null,
    h("p", { class: "small keys" }, "Keys: y yes, n no, u later, space plays, z undoes."));
};

window.addEventListener("keydown", (event) => {
  if (location.hash !== "#queue" || event.ctrlKey || event.metaKey || event.target.closest("input, select, dialog")) return;
  if (event.key === " " && event.target.closest("button, a")) return; // what they do with the key themselves
  if (event.key === "z") { undo(); return; }
  const [one] = openItems();
  if (one && answers[event.key]) { event.preventDefault(); answers[event.key](one); }
});
