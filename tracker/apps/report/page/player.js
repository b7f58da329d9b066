// A camera's video, with people drawn over it: for the report, the review and the live page.

const LONGEST_MS = 1000; // from having sought to showing the picture, on a busy machine

// Of one picture: the boxes whose time is nearest, if it is near enough.
const boxesAt = (boxes, time, period) => {
  let nearest = Infinity;
  for (const box of boxes) if (Math.abs(box[0] - time) < Math.abs(nearest - time)) nearest = box[0];
  return Math.abs(nearest - time) < 0.6 * period ? boxes.filter((box) => box[0] === nearest) : [];
};

const TRACK = 1, OBSERVED = 6;
// A box is time, track, xyxy, observed, …; `who` tells its person, and whether it is in the picture already.
const drawBoxes = (canvas, boxes, { who, chosen, scale }) => {
  const pen = canvas.getContext("2d"), unit = Math.max(canvas.height / 360, 1);
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.font = `bold ${12 * unit}px sans-serif`;
  const shown = [];
  for (const box of boxes) {
    const { person, drawn } = who(box), marked = person && person === chosen;
    if (!person || (drawn && !marked)) continue;
    const [x1, y1, x2, y2] = box.slice(2, 6).map((v) => v * scale), text = String(person.id);
    const strokes = [...(marked ? [["#000", 8], ["#fff", 6]] : []), [person.colour, box[OBSERVED] ? 3 : 1.5]];
    for (const [colour, width] of strokes) {
      pen.strokeStyle = colour;
      pen.lineWidth = width * unit;
      pen.strokeRect(x1, y1, x2 - x1, y2 - y1);
    }
    const wide = pen.measureText(text).width + 8 * unit, high = 17 * unit, top = Math.max(y1 - high, 0);
    pen.fillStyle = person.colour;
    pen.fillRect(x1, top, wide, high);
    pen.fillStyle = person.ink;
    pen.fillText(text, x1 + 4 * unit, top + 13 * unit);
    shown.push(person.id);
  }
  canvas.dataset.people = shown.sort((a, b) => a - b).join(" ");
};

// `film`: begins, length and name of the video; `boxes`: those around a time of the run, once they have come;
// `chosen`: tells who is marked; `span`: what of the video is marked below; `at`: where it begins to play.
// `tools`: what can be done with the picture shown, from its boxes, and a way to stop; `choose`: takes a box
// that was clicked.
const openPlayer = ({ camera, film, src, boxes, who, chosen = () => null, label, span, at: first, help, tell = clock, tools, choose }) => {
  const period = 1 / camera.fps, heading = h("h2", {}), panel = h("div", { class: "tools" });
  let here = [];
  const video = h("video", { src, preload: "auto", playsinline: true, "aria-label": label });
  const canvas = h("canvas", { "aria-hidden": "true" });
  const time = h("span", { class: "time" });
  const slider = h("input", { type: "range", min: 0, max: film.length, step: "any", value: 0, "aria-label": "Place in the video", oninput: () => go(Number(slider.value)) });
  const part = (at) => `${(100 * Math.min(Math.max(at - film.begins, 0), film.length)) / Math.max(film.length, period)}%`;
  const mark = span && h("i", { at: { left: part(span[0]), width: `calc(${part(span[1])} - ${part(span[0])})`, background: chosen().colour } });
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
    here = boxesAt(boxes(at) || [], at, period);
    drawBoxes(canvas, here, { who, chosen: chosen(), scale: canvas.width / (camera.width + (camera.width % 2)) });
    panel.dataset.boxes = here.map((box) => box[TRACK]).join(" ");
    time.textContent = tell(at);
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
  // Boxes may come after their picture, and a busy browser may forget to tell of a picture sought.
  const look = () => {
    if (video.paused && !video.seeking && Math.abs(video.currentTime - shown) > period) shown = video.currentTime;
    if (video.videoWidth) show();
  };
  const looking = setInterval(look, 250);
  const told = () => {
    toggle.textContent = video.paused ? "▶" : "❚❚";
    toggle.setAttribute("aria-label", video.paused ? "Play" : "Pause");
  };
  for (const event of ["play", "pause", "ended"]) video.addEventListener(event, told);
  video.addEventListener("error", () => say(`This browser cannot play ${film.name}; ${help}`));
  video.addEventListener("loadedmetadata", () => { go(first - film.begins); video.play().catch(() => {}); }, { once: true });

  // The one whose box is clicked, the smallest where several are.
  const click = (event) => {
    const area = canvas.getBoundingClientRect();
    const x = ((event.clientX - area.left) / area.width) * camera.width, y = ((event.clientY - area.top) / area.height) * camera.height;
    const size = (box) => (box[4] - box[2]) * (box[5] - box[3]);
    const [hit] = here.filter((b) => b[2] <= x && x <= b[4] && b[3] <= y && y <= b[5]).sort((a, b) => size(a) - size(b));
    if (hit && choose) { choose(hit); again(); }
  };
  const again = () => {
    const person = chosen();
    heading.replaceChildren(person ? chip(person) : "", ` ${(person && person.name) || ""} ${camera.name}`);
    if (mark) mark.style.background = person.colour;
    if (tools) panel.replaceChildren(...tools(() => here, () => video.pause()));
    if (video.videoWidth) show();
  };
  window.addEventListener("corrected", again);
  again();

  const dialog = h("dialog", { class: "player", "aria-label": `Video of ${camera.name}`,
    onclose: () => { closed = true; clearInterval(looking); window.removeEventListener("corrected", again); video.pause(); video.removeAttribute("src"); dialog.remove(); },
    onkeydown: (event) => {
      const keys = { " ": () => toggle.click(), ArrowLeft: () => step(-1), ArrowRight: () => step(1) };
      const own = event.key === " " ? "select, button, input" : "select, input"; // what they do with the key themselves
      if (keys[event.key] && !event.target.closest(own)) { event.preventDefault(); keys[event.key](); }
    } },
    h("header", {}, heading, h("div", { class: "says", role: "status" }), button("✕", "Close", () => dialog.close())),
    h("div", { class: "screen", tabindex: "0", autofocus: true, role: "group", "aria-label": "Picture; space plays, arrows step" }, h("div", { class: "film", onclick: click }, video, canvas)),
    h("div", { class: "where-bar" }, slider, mark ? h("div", { class: "mark", title: "this visit" }, mark) : null),
    h("div", { class: "controls" }, toggle, button("−1 s", "One second back", () => go(shown - 1)), button("‹", "One frame back", () => step(-1)),
      button("›", "One frame on", () => step(1)), button("+1 s", "One second on", () => go(shown + 1)), speed, h("span", { class: "spacer" }), time), tools ? panel : null);
  document.body.append(dialog);
  dialog.showModal();
};
