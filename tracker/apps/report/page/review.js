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
    if (told.facts) { renew(told.facts); route(); window.dispatchEvent(new Event("corrected")); }
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

const address = (id) => `#person-${id}`;
// Makes corrections and says what was done, with a link to whom it is about.
const correct = async (done, about, ...corrections) => {
  const made = await ask("correct", { corrections });
  if (made) { say(done, about && run.byId.has(about) ? address(about) : "#history"); lookAnew(); }
  return made;
};
const undo = async () => (await ask("undo", {})) && say("Undone", "#history");
const redo = async () => (await ask("redo", {})) && say("Made again", "#history");

const entry = (visit) => ({ camera: visit.camera.name, track_id: visit.track });
const goTo = (id) => { location.hash = `person-${id}`; };
const merge = async (...ids) => {
  const made = await correct(`${ids.join(" and ")} are one person`, Math.min(...ids), { merge: ids });
  if (made) picked.clear();
  return made;
};
const visitName = (visit) => `${visit.camera.name}/${visit.track}`;

const renew = (facts) => {
  run = decode(facts);
  for (const name of ["revision", "corrections", "undone", "file", "looks"]) run[name] = facts[name];
  for (const film of films.values()) film.parts.clear();
  if (byId("undo")) undoButtons().forEach((button) => byId(button.id).replaceWith(button));
};

const undoButtons = () => {
  const [last, next] = [run.corrections, run.undone].map((list) => list[list.length - 1]);
  const button = (id, name, action, record) => h("button", { type: "button", id, onclick: action, disabled: !record, title: record ? `${name}: ${told(record)}` : `Nothing to ${id}` }, name);
  return [button("undo", "Undo", undo, last), button("redo", "Redo", redo, next)];
};

// A name and a merge for the person, and what to do with the visits that are chosen below.
hooks.person = (person) => {
  const name = h("input", { type: "text", id: "name", value: person.name || "", maxlength: 80, placeholder: "name", autocomplete: "off" });
  const other = h("input", { type: "number", id: "other", min: 1, placeholder: "id", autocomplete: "off" });
  const chosen = () => [...document.querySelectorAll(".visit input:checked")].map((box) => run.visits[Number(box.value)]);
  const some = () => {
    const visits = chosen();
    return visits.length && visits.length < person.visits.length ? visits : null;
  };
  const give = (event) => {
    event.preventDefault();
    correct(name.value.trim() ? "Named" : "Name removed", person.id, { name: { global_id: person.id, name: name.value } });
  };
  const join = async (event) => {
    event.preventDefault();
    const id = Number(other.value), with_ = run.byId.get(id);
    if (!with_ || with_ === person) { say(other.value ? `There is no other person ${id}` : "Which person? Give an id"); other.focus(); return; }
    if (!some()) { if (await merge(person.id, id)) goTo(Math.min(person.id, id)); }
    else await correct(`Moved to person ${id}`, id, { move: { visits: some().map(entry), global_id: person.id, to: id } });
  };
  const split = () => {
    if (!some()) { say("Choose some of the visits below, not all of them"); return; }
    correct("Made a new person of them", person.id, { split: { global_id: person.id, visits: some().map(entry) } });
  };
  const remove = () => correct("Taken out: not a person", null, { nobody: (some() || person.visits).map(entry) });
  return h("div", { class: "tools" },
    h("form", { onsubmit: give }, h("label", { for: "name" }, "Name"), name, h("button", { type: "submit" }, "Save name")),
    h("form", { onsubmit: join }, h("label", { for: "other" }, "Same as person"), other, h("button", { type: "submit", id: "merge" }, "Merge")),
    person.visits.length > 1 ? h("button", { type: "button", id: "split", onclick: split }, "Chosen visits are somebody else") : null,
    h("button", { type: "button", id: "nobody", onclick: remove }, "Not a person"),
    person.visits.length > 1 ? h("p", { class: "small" }, "With visits chosen below, Merge and Not a person take only these.") : null);
};

hooks.visit = (visit) => (visit.person.visits.length > 1
  ? h("label", { class: "choose" }, h("input", { type: "checkbox", value: visit.index, name: "visit" }), "choose") : null);

hooks.link = (link, short) => {
  if (link.by !== BY_PROGRAM) return null;
  const { second, person, rival } = link;
  return h("span", { class: `decide ${short ? "short" : ""}` },
    h("button", { type: "button", class: short ? "" : "primary", onclick: () => confirmLink(link) }, short ? "Confirm" : "Same person"),
    h("button", { type: "button", onclick: () => partLink(link) }, short ? "Wrong" : "Somebody else"),
    rival && !short ? h("button", { type: "button", onclick: () => correct(`Moved to person ${rival.person.id}`, rival.person.id, { move: { visits: [entry(second)], global_id: person.id, to: rival.person.id } }) }, "It is the runner-up") : null);
};

const confirmLink = (link) => correct("Confirmed", link.person.id, { confirm: { first: entry(link.first), second: entry(link.second) } });
const partLink = ({ person, second }) => (person.visits.length > 1
  ? correct("Made a new person of the later visit", person.id, { split: { global_id: person.id, visits: [entry(second)] } }) : null);

hooks.near = (person, other) => h("button", { type: "button", class: "small-button", onclick: async () => {
  if (await merge(person.id, other.id)) goTo(Math.min(person.id, other.id));
} }, "Same person");

// Who looks most alike, side by side, and why somebody cannot be it.
hooks.alike = (person) => {
  const place = h("div", { class: "alike" }, h("p", { class: "muted" }, run.looks ? "Comparing …" : "Run it with --crops to compare by looks."));
  if (run.looks) {
    fetch(`alike/${person.id}.json`).then((answer) => answer.json()).then((found) => {
      const cards = found.filter(({ id }) => run.byId.has(id)).map((one) => alikeCard(person, run.byId.get(one.id), one));
      place.replaceChildren(...(cards.length ? cards : [h("p", { class: "muted" }, "Nobody else.")]));
    }, () => place.replaceChildren(""));
  }
  return section("Who looks most alike", [place, maybe(person).length ? nearPeople(person) : null]);
};

const alikeCard = (person, other, { similarity, clash }) => {
  const visit = best(other);
  const moment = clash && run.visits.find((v) => v.camera.name === clash.camera && v.track === clash.tracks[0]);
  return h("article", { class: "card", "aria-label": `${named(other)}, similarity ${decimal(similarity)}` },
    h("div", { class: "crops" }, crop(best(person), 0), visit.shots.length ? visit.shots.slice(0, 3).map((_, n) => crop(visit, n)) : crop(visit, 0)),
    h("p", {}, personLink(other), ` similarity ${decimal(similarity)}`),
    h("p", { class: "muted" }, other.visits.slice(0, 3).map((v) => `${v.camera.name} ${clock(v.enter)} to ${clock(v.leave)}`).join("; ")),
    clash ? h("p", {}, `In view at once in ${clash.camera}, ${clock(clash.from_s)} to ${clock(clash.until_s)}. `,
      moment ? h("button", { type: "button", class: "small-button", onclick: () => hooks.play(moment, frameOf(moment, clash.from_s)) }, "Show that moment") : null)
      : h("span", { class: "decide short" }, hooks.near(person, other),
        h("button", { type: "button", onclick: () => correct("Kept apart", person.id, { apart: { first: entry(best(person)), second: entry(visit) } }) }, "Somebody else")));
};

const frameOf = (visit, time) => Math.round(visit.first + ((time - visit.enter) / Math.max(visit.leave - visit.enter, 1e-6)) * (visit.last - visit.first));

// In the table: several chosen, or one dragged onto another, are one person.
const picked = new Set();
hooks.pick = (person) => h("input", { type: "checkbox", class: "pick", checked: picked.has(person.id), "aria-label": `Choose ${named(person)}`, onchange: (event) => {
  if (event.target.checked) picked.add(person.id); else picked.delete(person.id);
  document.querySelectorAll(".picked").forEach((bar) => bar.replaceWith(hooks.chosen()));
} });
hooks.row = (person) => ({
  draggable: "true",
  ondragstart: (event) => event.dataTransfer.setData("text/plain", String(person.id)),
  ondragover: (event) => event.preventDefault(),
  ondrop: (event) => {
    event.preventDefault();
    const id = Number(event.dataTransfer.getData("text/plain"));
    if (run.byId.has(id) && id !== person.id) merge(id, person.id);
  },
});
hooks.chosen = () => {
  const ids = [...picked].filter((id) => run.byId.has(id));
  return h("p", { class: "picked", role: "status" }, ids.length > 1 ? h("button", { type: "button", class: "primary", onclick: () => merge(...ids) }, `${ids.join(", ")} are one person`) : "");
};

// In the player: the rest of a visit from the picture shown on is somebody else's.
hooks.cut = (visit, frame, here, pause) => {
  const near = [...run.people].filter((p) => p !== visit.person).sort((a, b) => Math.abs(a.first - visit.leave) - Math.abs(b.first - visit.leave)).slice(0, 60);
  const to = h("select", { "aria-label": "Whose the rest is" }, h("option", { value: "" }, "somebody new"), near.sort((a, b) => a.id - b.id).map((p) => h("option", { value: p.id }, named(p))));
  const at = (act) => () => {
    pause();
    if (frame() > visit.first && frame() <= visit.last) act(); else say(`Go to a picture within the visit ${visitName(visit)}, after its first`);
  };
  const cut = at(async () => correct(`Cut ${visitName(visit)} at frame ${frame()}`, visit.person.id,
    { cut: { visit: entry(visit), frame: frame(), global_id: to.value ? Number(to.value) : null } }));
  const others = () => here().map((box) => box[TRACK]).filter((track) => track !== visit.track)
    .map((track) => visit.camera.visits.find((v) => v.track === track)).filter(Boolean);
  const swap = at(async () => {
    const found = others().find((v) => String(v.track) === other.value) || (others().length === 1 ? others()[0] : null);
    if (!found) { other.replaceChildren(...others().map((v) => h("option", { value: v.track }, named(v.person)))); say(others().length ? "Choose with whom" : "Nobody else is in this picture"); return; }
    await correct(`${visitName(visit)} and ${visitName(found)} change places at frame ${frame()}`, visit.person.id, { swap: { first: entry(visit), second: entry(found), frame: frame() } });
  });
  const other = h("select", { "aria-label": "With whom" }, h("option", { value: "" }, "who else is here"));
  other.addEventListener("focus", () => { pause(); other.replaceChildren(...others().map((v) => h("option", { value: v.track }, named(v.person)))); });
  return [
    h("span", { class: "group" }, h("button", { type: "button", id: "cut", onclick: cut }, "Cut here"), "the rest is", to),
    h("span", { class: "group" }, h("button", { type: "button", id: "swap", onclick: swap }, "Swap the rests"), "with", other),
    h("button", { type: "button", onclick: () => correct("Taken out: not a person", null, { nobody: [entry(visit)] }) }, "Not a person"),
    h("p", { class: "small" }, `${visitName(visit)} of ${named(visit.person)}. A click in the picture chooses somebody else.`),
  ];
};

// A correction in words.
const told = (record) => {
  const name = (v) => `${v.camera}/${v.track_id}`, both = ({ first, second }) => `${name(first)} and ${name(second)}`;
  if (record.merge) return `people ${record.merge.join(", ")} are one`;
  if (record.split) return `${record.split.visits.map(name).join(", ")} of person ${record.split.global_id}: now person ${record.split.new_global_id}`;
  if (record.confirm) return `${both(record.confirm)} are surely one person`;
  if (record.apart) return `${both(record.apart)} are surely two people`;
  if (record.cut) return `${name(record.cut.visit)} is person ${record.cut.global_id} from frame ${record.cut.frame} on`;
  if (record.swap) return `${both(record.swap)} change places at frame ${record.swap.frame}`;
  if (record.nobody) return `${record.nobody.map(name).join(", ")}: not a person`;
  if (record.restore) return `${record.restore.map(name).join(", ")}: a person after all`;
  return record.name.name ? `person ${record.name.global_id} is called ${record.name.name}` : `person ${record.name.global_id} has no name`;
};

// Gives those back of a record whom nobody has now.
const restore = (record) => {
  const gone = (record.nobody || []).filter((v) => !run.visits.some((x) => x.camera.name === v.camera && x.track === v.track_id));
  return gone.length ? h("button", { type: "button", class: "small-button", onclick: () => correct("Given back", null, { restore: gone }) }, "Restore") : null;
};

const historyPage = () => h("section", { class: "card" }, h("h2", {}, "Corrections"),
  h("p", { class: "lead" }, `Kept in ${run.file}; the result itself stays as it is. Undo takes back the last one, Redo makes it again.`),
  run.corrections.length ? h("ol", { class: "history", reversed: true }, [...run.corrections].reverse().map((record) => h("li", {},
    h("span", {}, told(record)), " ", restore(record), h("span", { class: "muted" }, record.who ? `${record.who}, ${new Date(record.when).toLocaleString()}` : ""))))
    : h("p", { class: "empty" }, "None yet."));
