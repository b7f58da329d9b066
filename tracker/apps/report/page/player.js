// A camera's video, with the people as they are corrected drawn over it.

const AHEAD_S = 10; // boxes are fetched for so many seconds at once
const LONGEST_MS = 1000; // from having sought to showing the picture, on a busy machine

const films = new Map(); // camera -> where its video stands in the run

const filmOf = async (camera) => {
  if (!films.has(camera.index)) {
    const answer = await fetch(`film/${camera.index}.json`);
    const film = await answer.json();
    if (!answer.ok) throw new Error(film.error);
    films.set(camera.index, { ...film, parts: new Map() });
  }
  return films.get(camera.index);
};

// The boxes around a time of the run: those of the part it lies in, once they have come.
const boxesAround = (film, camera, time) => {
  const part = Math.floor(time / AHEAD_S);
  for (const n of [part, part + 1]) {
    if (film.parts.has(n)) continue;
    film.parts.set(n, []);
    fetch(`film/${camera.index}.json?from=${n * AHEAD_S - 1}&until=${(n + 1) * AHEAD_S + 1}`)
      .then((answer) => answer.json()).then((boxes) => film.parts.set(n, boxes), () => film.parts.delete(n));
  }
  return film.parts.get(part);
};

// Of one picture: the boxes whose time is nearest, if it is near enough.
const boxesAt = (boxes, time, period) => {
  let nearest = Infinity;
  for (const box of boxes) if (Math.abs(box[0] - time) < Math.abs(nearest - time)) nearest = box[0];
  return Math.abs(nearest - time) < 0.6 * period ? boxes.filter((box) => box[0] === nearest) : [];
};

// What a row of boxes says; see Film.boxes in tracker/apps/review/film.py.
const TRACK = 1, OBSERVED = 6, FRAME = 7, WAS = 8;

const drawBoxes = (canvas, boxes, { visitOf, chosen, scale }) => {
  const pen = canvas.getContext("2d"), unit = Math.max(canvas.height / 360, 1);
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.font = `bold ${12 * unit}px sans-serif`;
  const shown = [];
  for (const box of boxes) {
    const visit = visitOf(box[TRACK]), marked = visit && visit.person === chosen;
    if (!visit || (!marked && box[WAS] === visit.person.id)) continue; // it is in the picture
    const [x1, y1, x2, y2] = box.slice(2, 6).map((v) => v * scale), text = String(visit.person.id);
    const strokes = [...(marked ? [["#000", 8], ["#fff", 6]] : []), [visit.person.colour, box[OBSERVED] ? 3 : 1.5]];
    for (const [colour, width] of strokes) {
      pen.strokeStyle = colour;
      pen.lineWidth = width * unit;
      pen.strokeRect(x1, y1, x2 - x1, y2 - y1);
    }
    const wide = pen.measureText(text).width + 8 * unit, high = 17 * unit, top = Math.max(y1 - high, 0);
    pen.fillStyle = visit.person.colour;
    pen.fillRect(x1, top, wide, high);
    pen.fillStyle = visit.person.ink;
    pen.fillText(text, x1 + 4 * unit, top + 13 * unit);
    shown.push(visit.person.id);
  }
  canvas.dataset.people = shown.sort((a, b) => a - b).join(" ");
};

const openPlayer = async (visit, frame) => {
  let film;
  try { film = await filmOf(visit.camera); } catch (error) { say(error.message); return; }
  const { camera } = visit, period = 1 / camera.fps;
  // Corrections make all visits anew; the player stays with the one of this track.
  let track = visit.track, here = [];
  const visitOf = (number) => run.cameras[camera.index].visits.find((v) => v.track === number);
  const chosen = () => (visitOf(track) || visit).person;
  const heading = h("h2", {});
  const tools = h("div", { class: "tools" });
  const video = h("video", { src: `video/${camera.index}`, preload: "auto", playsinline: true, "aria-label": `${camera.name}, ${named(chosen())} marked` });
  const canvas = h("canvas", { "aria-hidden": "true" });
  const time = h("span", { class: "time" });
  const slider = h("input", { type: "range", min: 0, max: film.length, step: "any", value: 0, "aria-label": "Place in the video", oninput: () => go(Number(slider.value)) });
  const part = (at) => `${(100 * Math.min(Math.max(at - film.begins, 0), film.length)) / Math.max(film.length, period)}%`;
  const mark = h("i", { at: { left: part(visit.enter), width: `calc(${part(visit.leave)} - ${part(visit.enter)})`, background: chosen().colour } });
  const speed = h("select", { "aria-label": "Speed", onchange: () => { video.playbackRate = Number(speed.value); } }, [0.25, 0.5, 1, 2, 4].map((s) => h("option", { value: s, selected: s === 1 }, `${s} ×`)));
  const button = (text, label, action) => h("button", { type: "button", "aria-label": label, title: label, onclick: action }, text);
  const toggle = button("▶", "Play", () => (video.paused ? video.play() : video.pause()));
  let shown = 0, closed = false, arrived = () => {};

  const go = (to) => { video.currentTime = Math.min(Math.max(to, 0), film.length); };
  // To the next picture, whenever that is: a variable rate has longer steps.
  const step = async (way) => {
    video.pause();
    const from = shown;
    for (let far = way > 0 ? 1.01 : 0.5; far < 200 && shown === from && !closed; far *= 2) {
      go(from + way * far * period);
      await new Promise((done) => {
        arrived = done; // with the picture, which may be the same one
        video.addEventListener("seeked", () => setTimeout(done, LONGEST_MS), { once: true });
      });
      if (way < 0) return;
    }
  };
  const show = () => {
    const at = film.begins + shown;
    if (canvas.width !== video.videoWidth) Object.assign(canvas, { width: video.videoWidth, height: video.videoHeight });
    here = boxesAt(boxesAround(film, camera, at), at, period);
    drawBoxes(canvas, here, { visitOf, chosen: chosen(), scale: canvas.width / (camera.width + (camera.width % 2)) });
    tools.dataset.frame = String((here.find((box) => box[TRACK] === track) || [])[FRAME] ?? "");
    time.textContent = clock(at);
    if (document.activeElement !== slider) slider.value = shown;
    video.dataset.time = at.toFixed(3);
  };
  const each = (_now, picture) => {
    shown = picture.mediaTime;
    show();
    arrived();
    if (!closed) video.requestVideoFrameCallback(each);
  };
  if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(each);
  else video.addEventListener("timeupdate", () => { shown = video.currentTime; show(); });
  const again = setInterval(() => video.videoWidth && show(), 250); // boxes may come after their picture
  const told = () => {
    toggle.textContent = video.paused ? "▶" : "❚❚";
    toggle.setAttribute("aria-label", video.paused ? "Play" : "Pause");
  };
  for (const event of ["play", "pause", "ended"]) video.addEventListener(event, told);
  video.addEventListener("error", () => say(`This browser cannot play ${film.name}; write it again with --out, or name another one with --video`));
  video.addEventListener("loadedmetadata", () => { go(timeOf(visit, frame) - film.begins); video.play().catch(() => {}); }, { once: true });

  // The one whose box is clicked, the smallest where several are.
  const choose = (event) => {
    const area = canvas.getBoundingClientRect();
    const x = ((event.clientX - area.left) / area.width) * camera.width, y = ((event.clientY - area.top) / area.height) * camera.height;
    const size = (box) => (box[4] - box[2]) * (box[5] - box[3]);
    const [hit] = here.filter((b) => b[2] <= x && x <= b[4] && b[3] <= y && y <= b[5]).sort((a, b) => size(a) - size(b));
    if (hit && visitOf(hit[TRACK])) { track = hit[TRACK]; renew(); }
  };
  const renew = () => {
    heading.replaceChildren(chip(chosen()), ` ${chosen().name || ""} ${camera.name}`);
    mark.style.background = chosen().colour;
    tools.replaceChildren(...(visitOf(track) ? cutTools(visitOf(track), () => Number(tools.dataset.frame || NaN), () => here, () => video.pause()) : []));
    if (video.videoWidth) show();
  };
  window.addEventListener("corrected", renew);
  renew();

  const dialog = h("dialog", { class: "player", "aria-label": `Video of ${camera.name}`,
    onclose: () => { closed = true; window.removeEventListener("corrected", renew); clearInterval(again); video.pause(); video.removeAttribute("src"); dialog.remove(); },
    onkeydown: (event) => {
      const keys = { " ": () => toggle.click(), ArrowLeft: () => step(-1), ArrowRight: () => step(1) };
      const own = event.key === " " ? "select, button, input" : "select, input"; // what they do with the key themselves
      if (keys[event.key] && !event.target.closest(own)) { event.preventDefault(); keys[event.key](); }
    } },
    h("header", {}, heading, h("div", { class: "says", role: "status" }), button("✕", "Close", () => dialog.close())),
    h("div", { class: "screen", tabindex: "0", autofocus: true, role: "group", "aria-label": "Picture; space plays, arrows step" }, h("div", { class: "film", onclick: choose }, video, canvas)),
    h("div", { class: "where-bar" }, slider, h("div", { class: "mark", title: "this visit" }, mark)),
    h("div", { class: "controls" }, toggle, button("−1 s", "One second back", () => go(shown - 1)), button("‹", "One frame back", () => step(-1)),
      button("›", "One frame on", () => step(1)), button("+1 s", "One second on", () => go(shown + 1)), speed, h("span", { class: "spacer" }), time), tools);
  document.body.append(dialog);
  dialog.showModal();
};
