"use strict";
// Asks for what is new, again and again: one request at a time, so a slow page falls behind nobody.

const shown = new Map();  // camera -> its parts of the page

function figureOf(camera) {
  let parts = shown.get(camera.name);
  if (!parts) {
    const figure = h("figure"), image = h("img"), caption = h("figcaption");
    image.alt = `newest picture of ${camera.name}`;
    image.width = camera.width;
    image.height = camera.height;
    const numbers = h("span", { class: "numbers" });
    const replay = h("button", { type: "button", hidden: true, onclick: () => replayOf(camera) }, "Play the last minutes");
    caption.append(h("strong", {}, camera.name), numbers, replay);
    figure.append(image, caption);
    byId("cameras").append(figure);
    parts = {figure, image, numbers, replay, number: 0, address: null};
    shown.set(camera.name, parts);
  }
  return parts;
}

function numbersOf(camera) {
  if (camera.lost) return "lost, trying to get it back";
  const told = [`${camera.fps.toFixed(1)} frames/s`];
  if (camera.delay_s !== null) told.push(`${Math.round(1000 * camera.delay_s)} ms late`);
  if (camera.live) told.push(`${camera.dropped} dropped`);
  if (camera.outages) told.push(`${camera.outages} ${camera.outages === 1 ? "outage" : "outages"}`);
  return told.join(" · ");
}

// The recording's last minutes, the people over it who have become others since.
async function replayOf(camera) {
  const answer = await fetch(`recent/${encodeURIComponent(camera.name)}.json`);
  const film = await answer.json();
  if (!answer.ok) { say(film.error); return; }
  const begun = film.clock && Date.parse(film.clock);
  openPlayer({
    camera: {...camera, fps: camera.sends_fps}, film, src: film.address, label: `${camera.name}, the last minutes`,
    boxes: () => film.boxes, help: "--codec h264 is what browsers play", at: film.begins,
    tell: begun ? (at) => new Date(begun + 1000 * (at - film.begins)).toLocaleTimeString() : clock,
    who: (box) => ({person: {id: box[8], colour: film.colours[box[8]], ink: inkOn(film.colours[box[8]])}, drawn: box[7] === box[8]}),
  });
}

function timeOf(entry) {
  return entry.clock ? new Date(entry.clock).toLocaleTimeString() : `${entry.time_s.toFixed(1)} s`;
}

function show(state, bytes) {
  if (state.cameras.some((camera) => camera.number)) byId("clock").textContent = timeOf(state);
  byId("people").textContent = `${state.people} ${state.people === 1 ? "person" : "people"} so far`;
  for (const camera of state.cameras) {
    const parts = figureOf(camera);
    parts.figure.classList.toggle("lost", camera.lost);
    parts.numbers.textContent = numbersOf(camera);
    parts.replay.hidden = !camera.recorded;
  }
  let place = 0;
  for (const picture of state.pictures) {
    const parts = shown.get(picture.camera);
    const old = parts.address;
    parts.address = URL.createObjectURL(
      new Blob([bytes.subarray(place, place + picture.bytes)], {type: "image/jpeg"}));
    parts.image.src = parts.address;
    parts.number = picture.number;
    place += picture.bytes;
    if (old) URL.revokeObjectURL(old);
  }
  showPresent(state);
  showMoves(state);
  showZones(state);
}

async function update() {
  const seen = [...shown.values()].map((parts) => parts.number).join(",");
  const answer = await fetch(`update?seen=${seen}`);
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const body = await answer.arrayBuffer();
  const size = new DataView(body).getUint32(0);
  const state = JSON.parse(new TextDecoder().decode(new Uint8Array(body, 4, size)));
  show(state, new Uint8Array(body, 4 + size));
}

async function run() {
  for (;;) {
    try {
      await update();
      byId("gone").hidden = true;
    } catch (error) {
      byId("gone").hidden = false;
      await new Promise((done) => setTimeout(done, 2000));
    }
  }
}

run();
