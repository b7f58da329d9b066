// Which video a visit is played from, and the people in it as they are corrected.

const FRAME = 7, WAS = 8; // of a row of boxes beyond those of the player; see tracker/apps/report/film.py
const AHEAD_S = 10; // boxes are fetched for so many seconds at once

const films = new Map(); // camera -> where its video stands in the run

const filmOf = async (camera) => {
  if (!served) return run.films[camera.index];
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
  if (!served) return film.boxes.slice(firstFrom(film.boxes, time - 1), firstFrom(film.boxes, time + 1));
  const part = Math.floor(time / AHEAD_S);
  for (const n of [part, part + 1]) {
    if (film.parts.has(n)) continue;
    film.parts.set(n, []);
    fetch(`film/${camera.index}.json?from=${n * AHEAD_S - 1}&until=${(n + 1) * AHEAD_S + 1}`)
      .then((answer) => answer.json()).then((boxes) => film.parts.set(n, boxes), () => film.parts.delete(n));
  }
  return film.parts.get(part);
};

// Where the first box of a time or later is.
const firstFrom = (boxes, time) => {
  let [low, high] = [0, boxes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (boxes[middle][0] < time) low = middle + 1;
    else high = middle;
  }
  return low;
};

const playVisit = async (visit, frame) => {
  const { camera } = visit;
  let film;
  try { film = await filmOf(camera); } catch (error) { say(error.message); return; }
  // Corrections make all visits anew; the player stays with the one of this track.
  let track = visit.track;
  const visitOf = (number) => run.cameras[camera.index].visits.find((v) => v.track === number);
  const chosen = () => (visitOf(track) || visit).person;
  const who = (box) => {
    const found = visitOf(box[TRACK]);
    return { person: found && found.person, drawn: found && box[WAS] === found.person.id };
  };
  const frameIn = (boxes) => (boxes.find((box) => box[TRACK] === track) || [])[FRAME];
  openPlayer({
    camera, film, src: run.videos[camera.index], boxes: (time) => boxesAround(film, camera, time), who, chosen,
    label: `${camera.name}, ${named(chosen())} marked`, span: [visit.enter, visit.leave], at: timeOf(visit, frame),
    choose: (box) => { if (visitOf(box[TRACK])) track = box[TRACK]; },
    tools: hooks.cut && ((here, pause) => (visitOf(track) ? hooks.cut(visitOf(track), () => frameIn(here()), here, pause) : [])),
    help: served ? "write it again with --out, or name another one with --video" : "it must lie where it lay when this page was made",
  });
};

hooks.play = (visit, frame) => (run.videos[visit.camera.index] ? playVisit(visit, frame)
  : say(`There is no video of ${visit.camera.name} in the run's folder${served ? `; start the review with --video ${visit.camera.name}=FILE` : ""}`));
