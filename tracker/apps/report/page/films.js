// Which video a visit is played from, and the people in it as they are corrected.

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
  const visitOf = new Map(run.visits.filter((v) => v.camera === run.cameras[camera.index]).map((v) => [v.track, v]));
  const who = ([, track]) => {
    const found = visitOf.get(track);
    return { person: found && found.person, drawn: found && film.before && film.before[track] === found.person.id };
  };
  const chosen = run.visits[visit.index].person;
  openPlayer({
    camera, film, src: run.videos[camera.index], boxes: (time) => boxesAround(film, camera, time), who, chosen,
    label: `${camera.name}, ${named(chosen)} marked`, span: [visit.enter, visit.leave], at: timeOf(visit, frame),
    help: served ? "write it again with --out, or name another one with --video" : "it must lie where it lay when this page was made",
  });
};

hooks.play = (visit, frame) => (run.videos[visit.camera.index] ? playVisit(visit, frame)
  : say(`There is no video of ${visit.camera.name} in the run's folder${served ? `; start the review with --video ${visit.camera.name}=FILE` : ""}`));
