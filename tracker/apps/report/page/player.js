// The video at one moment: pictures from the server, one after the other, with the boxes as
// they are corrected. Browsers do not play what the run writes; this also jumps to the very frame.

const AHEAD = 3; // pictures that are asked for before they are shown

const films = new Map(); // camera -> which frames its video has

const footageOf = async (camera) => {
  if (!films.has(camera.index)) {
    const answer = await fetch(`video/${camera.index}.json`);
    const film = await answer.json();
    if (!answer.ok) throw new Error(film.error);
    films.set(camera.index, film);
  }
  return films.get(camera.index);
};

const openPlayer = async (visit, frame) => {
  let film;
  try { film = await footageOf(visit.camera); } catch (error) { say(error.message); return; }
  const { camera, person } = visit;
  const placeOf = (number) => Math.min(Math.max(Math.round((number - film.first) / film.stride), 0), film.count - 1);
  const frameAt = (place) => film.first + place * film.stride;
  const timeAt = (place) => frameAt(place) / camera.fps + camera.offset;
  const address = (place) => `video/${camera.index}/${frameAt(place)}.jpg?person=${person.id}&revision=${run.revision}`;
  const loading = new Map();
  let at = placeOf(frame), playing = false, closed = false;

  const image = h("img", { alt: `${camera.name}, ${named(person)} marked` });
  const time = h("span", { class: "time" });
  const slider = h("input", { type: "range", min: 0, max: film.count - 1, value: at, "aria-label": "Place in the video", oninput: () => show(Number(slider.value)) });
  const part = (n) => `${(100 * placeOf(n)) / Math.max(film.count - 1, 1)}%`;
  const mark = h("i", { at: { left: part(visit.first), width: `calc(${part(visit.last)} - ${part(visit.first)})`, background: person.colour } });
  const speed = h("select", { "aria-label": "Speed" }, [0.25, 0.5, 1, 2, 4].map((s) => h("option", { value: s, selected: s === 1 }, `${s} ×`)));
  const button = (text, label, action) => h("button", { type: "button", "aria-label": label, title: label, onclick: action }, text);
  const toggle = button("▶", "Play", () => (playing ? pause() : play()));

  // A picture that is being loaded, or has been.
  const load = (place) => {
    if (!loading.has(place)) {
      const picture = new Image();
      picture.src = address(place);
      loading.set(place, picture.decode().then(() => picture.src, () => null));
      if (loading.size > 60) loading.delete(loading.keys().next().value);
    }
    return loading.get(place);
  };
  const show = async (place) => {
    at = Math.min(Math.max(place, 0), film.count - 1);
    slider.value = at;
    time.textContent = `${clock(timeAt(at))}, frame ${frameAt(at)}`;
    const wanted = at, source = await load(wanted);
    if (wanted === at && source) { image.src = source; image.dataset.frame = frameAt(wanted); }
  };
  const pause = () => { playing = false; toggle.textContent = "▶"; toggle.setAttribute("aria-label", "Play"); };
  const play = async () => {
    playing = true;
    toggle.textContent = "❚❚";
    toggle.setAttribute("aria-label", "Pause");
    if (at >= film.count - 1) at = -1;
    let due = performance.now();
    while (playing && !closed && at < film.count - 1) {
      const each = (1000 * film.stride) / (camera.fps * Number(speed.value));
      const late = Math.max(Math.floor((performance.now() - due) / each), 0); // pictures to leave out
      due += (1 + late) * each;
      const next = Math.min(at + 1 + late, film.count - 1);
      for (let n = next; n < Math.min(next + AHEAD, film.count); n += 1) load(n);
      await show(next);
      await new Promise((done) => setTimeout(done, Math.max(due - performance.now(), 0)));
    }
    if (!closed) pause();
  };
  const second = Math.max(Math.round(camera.fps / film.stride), 1);
  const dialog = h("dialog", { class: "player", "aria-label": `Video of ${camera.name}`, onclose: () => { closed = true; playing = false; dialog.remove(); },
    onkeydown: (event) => {
      const keys = { " ": () => toggle.click(), ArrowLeft: () => { pause(); show(at - 1); }, ArrowRight: () => { pause(); show(at + 1); } };
      if (keys[event.key] && !event.target.closest("select, button, input")) { event.preventDefault(); keys[event.key](); }
    } },
    h("header", {}, h("h2", {}, chip(person), ` ${camera.name}`), h("span", { class: "spacer" }), button("✕", "Close", () => dialog.close())),
    h("div", { class: "screen", tabindex: "0", autofocus: true, role: "group", "aria-label": "Picture; space plays, arrows step" }, image),
    h("div", { class: "where-bar" }, slider, h("div", { class: "mark", title: "this visit" }, mark)),
    h("div", { class: "controls" }, toggle, button("−1 s", "One second back", () => show(at - second)), button("‹", "One frame back", () => show(at - 1)),
      button("›", "One frame on", () => show(at + 1)), button("+1 s", "One second on", () => show(at + second)), speed, h("span", { class: "spacer" }), time));
  document.body.append(dialog);
  dialog.showModal();
  await show(at);
  play();
};
