// One person: when, where, how from place to place, and why these visits are one person's.

const personPage = (person) => h("article", { class: "person card", "aria-label": named(person) },
  h("header", { class: "person-head" },
    h("h2", { tabindex: "-1", id: "person-name" }, chip(person), person.name || `Person ${person.id}`),
    h("span", { class: "spacer" }),
    stepLink(person, -1), stepLink(person, 1),
    h("a", { class: "button close", href: "#people", "aria-label": "Close and show all people" }, "✕")),
  h("p", { class: "lead" }, story(person)),
  hooks.person ? hooks.person(person) : null,
  section("Timeline", zoomed(person)),
  section("Visits", h("ol", { class: "visits" }, person.visits.map((visit, n) => visitItem(visit, person.visits[n - 1])))),
  hooks.alike ? hooks.alike(person) : maybe(person).length ? section("Who else it might be", nearPeople(person)) : null,
  person.moves.length ? section("From camera to camera", moves(person)) : null,
  section("Ways", h("div", { class: "scenes" }, person.cameras.map((camera) => cameraPath(person, camera)),
    person.visits.some((v) => v.places.length) ? groundMap(person) : null)),
  h("p", { class: "small" }, "A ring with the visit's number is where it begins, a dot where it ends."));

const section = (title, content) => h("section", {}, h("h3", {}, title), content);

// The neighbours in the table as it is sorted and filtered now.
const stepLink = (person, step) => {
  const people = chosenPeople();
  const other = people[people.indexOf(person) + step];
  const [name, sign] = step < 0 ? ["Previous person", "‹"] : ["Next person", "›"];
  return other && people.includes(person) ? h("a", { class: "button", href: `#person-${other.id}`, "aria-label": name, title: name }, sign) : null;
};

const story = (person) => {
  const where = person.cameras.length === 1 ? person.cameras[0].name : count(person.cameras.length, "camera");
  const each = person.cameras.map((camera) => `${camera.name} ${lasting(inView(person.visits.filter((v) => v.camera === camera)))}`);
  const told = person.cameras.length > 1 ? ` (${each.join(", ")})` : "";
  return `${count(person.visits.length, "visit")} to ${where}, ${clock(person.first)} to ${clock(person.last)}; in view for ${lasting(person.seen)}${told}.`;
};

// The timeline of the person's own time, which may be short in a long recording; or of all of it.
const zoomed = (person) => {
  const place = h("div", {});
  const short = person.last - person.first < 0.6 * (run.end - run.begin);
  let all = !short;
  const draw = () => place.replaceChildren(timeline(person, toVisit, all ? whole() : lifetime(person)),
    short ? h("button", { type: "button", class: "plain small-button", onclick: () => { all = !all; draw(); place.querySelector(".small-button").focus(); } },
      all ? "Show this person's time" : "Show the whole recording") : "");
  draw();
  return place;
};

const toVisit = (visit) => {
  const item = byId(`visit-${visit.index}`);
  item.scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  item.focus({ preventScroll: true });
};

const visitItem = (visit, before) => h("li", { id: `visit-${visit.index}`, tabindex: "-1", class: "visit" },
  h("div", { class: "visit-head" },
    h("strong", {}, `${visit.number}. ${visit.camera.name}`),
    h("span", {}, `${clock(visit.enter)} to ${clock(visit.leave)}`),
    before ? h("span", { class: "muted" }, way(before, visit)) : null,
    h("code", { class: "muted", title: "camera/track, as the command line takes it" }, `${visit.camera.name}/${visit.track}`),
    hooks.play && !visit.shots.length ? h("button", { type: "button", class: "small-button", onclick: () => hooks.play(visit, visit.first) }, "Play") : null,
    hooks.visit ? hooks.visit(visit) : null),
  visit.shots.length ? h("div", { class: "crops" }, visit.shots.map((_, n) => h("figure", {}, crop(visit, n), h("figcaption", {}, clock(timeOf(visit, visit.shots[n])))))) : null,
  visit.link ? reason(visit.link) : null);

// In a line why this visit is this person's.
const reason = (link) => h("p", { class: "reason" },
  link.by === SAID ? "A person said so." : [
    meter(link.probability), h("strong", {}, chance(link.probability)), " that this is the person of ",
    h("a", { href: `#person-${link.person.id}` }, `${link.first.camera.name}/${link.first.track}`),
    `, similarity ${decimal(link.similarity)}`,
    link.rival ? [". Next best: ", personLink(link.rival.person), ` ${chance(link.rivalProbability)}`] : "",
    link.by === CONFIRMED ? [" ", h("span", { class: "tag good" }, "confirmed")] : "",
  ], hooks.link ? hooks.link(link, true) : null);

// Other people whom links have as runner-up of this one, or the other way round: the likeliest first.
const maybe = (person) => {
  const found = new Map();
  const note = (other, probability) => found.set(other, Math.max(found.get(other) || 0, probability || 0));
  for (const link of person.links) if (link.rival) note(link.rival.person, link.rivalProbability);
  for (const link of person.rivalOf) note(link.person, link.rivalProbability);
  found.delete(person);
  return [...found].filter(([, probability]) => probability >= WORTH_A_LOOK).sort((a, b) => b[1] - a[1]).slice(0, 4);
};

const nearPeople = (person) => h("ul", { class: "near" }, maybe(person).map(([other, probability]) => h("li", {},
  crop(best(other), 0, "small"), personLink(other), meter(probability, false), chance(probability),
  hooks.near ? hooks.near(person, other) : null)));

const meter = (p, warn = true) => h("span", { class: `meter ${warn && p < UNSURE ? "low" : ""}`, "aria-hidden": "true" }, h("i", { at: { width: `${100 * (p || 0)}%` } }));

const moves = (person) => h("ul", { class: "moves-list" }, person.moves.map(({ from, to, gap, both }) => h("li", {},
  h("span", {}, from.camera.name), h("span", { class: "muted", "aria-label": "to" }, "→"), h("span", {}, to.camera.name),
  h("strong", {}, both ? `${lasting(both)} in both` : lasting(gap)),
  h("span", { class: "muted" }, `left ${clock(from.leave)}, entered ${clock(to.enter)}`))));
