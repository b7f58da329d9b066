// Correcting: what is said goes to the server, and everything comes back as it is then.

let sending = false;

const ask = async (path, said) => {
  if (sending) return false;
  sending = true;
  document.body.classList.add("sending");
  try {
    const answer = await fetch(path, {
      method: "POST", headers: { "content-type": "application/json" },
      body: JSON.stringify({ revision: run.revision, ...said }),
    });
    const told = await answer.json();
    if (told.facts) { renew(told.facts); route(); }
    if (!answer.ok) { say(told.error); return false; }
    return true;
  } catch {
    say("The review's server does not answer; start it again.");
    return false;
  } finally {
    sending = false;
    document.body.classList.remove("sending");
  }
};

const correct = async (done, ...corrections) => (await ask("correct", { corrections })) && say(done);
const undo = async () => (await ask("undo", {})) && say("Undone");

const entry = (visit) => ({ camera: visit.camera.name, track_id: visit.track });
const goTo = (id) => { location.hash = `person-${id}`; };

const renew = (facts) => {
  run = decode(facts);
  Object.assign(run, { revision: facts.revision, corrections: facts.corrections, file: facts.file });
  if (byId("undo")) byId("undo").replaceWith(undoButton());
};

const undoButton = () => {
  const last = run.corrections[run.corrections.length - 1];
  return h("button", { type: "button", id: "undo", onclick: undo, disabled: !last, title: last ? `Take back: ${told(last)}` : "Nothing to take back" }, "Undo");
};

// A name and a merge for the person, and what to do with the visits that are chosen below.
hooks.person = (person) => {
  const name = h("input", { type: "text", id: "name", value: person.name || "", maxlength: 80, placeholder: "name", autocomplete: "off" });
  const other = h("input", { type: "number", id: "other", min: 1, placeholder: "id", autocomplete: "off" });
  const chosen = () => [...document.querySelectorAll(".visit input:checked")].map((box) => run.visits[Number(box.value)]);
  const give = (event) => {
    event.preventDefault();
    correct(name.value.trim() ? "Named" : "Name removed", { name: { global_id: person.id, name: name.value } });
  };
  const merge = async (event) => {
    event.preventDefault();
    const id = Number(other.value), with_ = run.byId.get(id);
    if (!with_ || with_ === person) { say(other.value ? `There is no other person ${id}` : "Which person? Give an id"); other.focus(); return; }
    const visits = chosen();
    const all = !visits.length || visits.length === person.visits.length;
    if (all) { if (await correct(`${person.id} and ${id} are one person`, { merge: [person.id, id] }) !== false) goTo(Math.min(person.id, id)); }
    else await correct(`Moved to person ${id}`, { move: { visits: visits.map(entry), global_id: person.id, to: id } });
  };
  const split = () => {
    const visits = chosen();
    if (!visits.length || visits.length === person.visits.length) { say("Choose some of the visits below, not all of them"); return; }
    correct("Made a new person of them", { split: { global_id: person.id, visits: visits.map(entry) } });
  };
  return h("div", { class: "tools" },
    h("form", { onsubmit: give }, h("label", { for: "name" }, "Name"), name, h("button", { type: "submit" }, "Save name")),
    h("form", { onsubmit: merge }, h("label", { for: "other" }, "Same as person"), other, h("button", { type: "submit", id: "merge" }, "Merge")),
    person.visits.length > 1 ? h("button", { type: "button", id: "split", onclick: split }, "Chosen visits are somebody else") : null,
    person.visits.length > 1 ? h("p", { class: "small" }, "With visits chosen below, Merge moves only these.") : null);
};

hooks.visit = (visit) => (visit.person.visits.length > 1
  ? h("label", { class: "choose" }, h("input", { type: "checkbox", value: visit.index, name: "visit" }), "choose") : null);

hooks.link = (link, short) => {
  if (link.by !== BY_PROGRAM) return null;
  const { second, person, rival } = link;
  const away = () => (person.visits.length > 1
    ? correct("Made a new person of the later visit", { split: { global_id: person.id, visits: [entry(second)] } }) : null);
  return h("span", { class: `decide ${short ? "short" : ""}` },
    h("button", { type: "button", class: short ? "" : "primary", onclick: () => correct("Confirmed", { confirm: { first: entry(link.first), second: entry(second) } }) }, short ? "Confirm" : "Same person"),
    h("button", { type: "button", onclick: away }, short ? "Wrong" : "Somebody else"),
    rival && !short ? h("button", { type: "button", onclick: () => correct(`Moved to person ${rival.person.id}`, { move: { visits: [entry(second)], global_id: person.id, to: rival.person.id } }) }, "It is the runner-up") : null);
};

hooks.near = (person, other) => h("button", { type: "button", class: "small-button", onclick: async () => {
  if (await correct(`${person.id} and ${other.id} are one person`, { merge: [person.id, other.id] }) !== false) goTo(Math.min(person.id, other.id));
} }, "Same person");

// A correction in words.
const told = (record) => {
  const visitName = (v) => `${v.camera}/${v.track_id}`;
  if (record.merge) return `people ${record.merge.join(", ")} are one`;
  if (record.split) return `${record.split.visits.map(visitName).join(", ")} of person ${record.split.global_id}: now person ${record.split.new_global_id}`;
  if (record.confirm) return `${visitName(record.confirm.first)} and ${visitName(record.confirm.second)} are surely one person`;
  return record.name.name ? `person ${record.name.global_id} is called ${record.name.name}` : `person ${record.name.global_id} has no name`;
};

const historyPage = () => h("section", { class: "card" }, h("h2", {}, "Corrections"),
  h("p", { class: "lead" }, `Kept in ${run.file}; the result itself stays as it is. Undo takes back the last one.`),
  run.corrections && run.corrections.length ? h("ol", { class: "history", reversed: true }, [...run.corrections].reverse().map((record) => h("li", {},
    h("span", {}, told(record)), h("span", { class: "muted" }, record.who ? `${record.who}, ${new Date(record.when).toLocaleString()}` : ""))))
    : h("p", { class: "empty" }, "None yet."));
