// The data as the page uses it; tracker/apps/report/page_data.py packs it.

const BY_PROGRAM = 0, SAID = 1, CONFIRMED = 2;
const UNSURE = 0.8; // links below are worth a look
const WORTH_A_LOOK = 0.02; // so likely somebody else must be to be shown beside a person

// What the review adds, and where there are videos; other reports leave all of it out.
const hooks = { play: null, cut: null, person: null, visit: null, link: null, near: null, row: null, pick: null, chosen: null, alike: null, zones: null };

let run = null;

const decode = (raw) => {
  const cameras = raw.cameras.map(([name, width, height, fps, frames, offset, poster], index) =>
    ({ index, name, width, height, fps, frames, offset, poster, visits: [] }));
  const people = raw.people.map(([id, name, colour], index) =>
    ({ index, id, name, colour, ink: inkOn(colour), visits: [], links: [], rivalOf: [] }));
  const visits = raw.visits.map(([person, camera, track, enter, leave, first, last, feet, places, shots], index) => ({
    index, person: people[person], camera: cameras[camera], track, enter, leave, first, last,
    feet: pairs(feet), places: pairs(places), shots, link: null,
  }));
  const links = raw.links.map(([first, second, probability, similarity, gap, distance, rival, rivalProbability, by], index) => ({
    index, first: visits[first], second: visits[second], probability, similarity, gap, distance,
    rival: rival < 0 ? null : visits[rival], rivalProbability, by, person: visits[second].person,
  }));
  for (const visit of visits) {
    visit.person.visits.push(visit);
    visit.camera.visits.push(visit);
  }
  for (const link of links) {
    link.second.link = link;
    link.person.links.push(link);
    if (link.rival) link.rival.person.rivalOf.push(link);
  }
  people.forEach(summarise);
  const ends = cameras.map((c) => c.offset + (c.frames || 0) / c.fps);
  const begin = visits.reduce((t, v) => Math.min(t, v.enter), cameras.reduce((t, c) => Math.min(t, c.offset), 0));
  const end = visits.reduce((t, v) => Math.max(t, v.leave), ends.reduce((t, e) => Math.max(t, e), begin + 0.1));
  return {
    title: raw.title, models: raw.models, videos: raw.videos || [], films: raw.films || {}, cameras, people, visits, links, begin, end,
    byId: new Map(people.map((person) => [person.id, person])),
    moves: people.flatMap((person) => person.moves),
    start: raw.start, dayTime: dayTime(raw.start),
    suggestions: raw.suggestions.map(([first, second, probability, similarity]) => ({ first: visits[first], second: visits[second], probability, similarity })),
    counts: raw.counts || null,
    located: visits.some((visit) => visit.places.length),
  };
};

const summarise = (person) => {
  const { visits, links } = person;
  visits.sort((a, b) => a.enter - b.enter);
  visits.forEach((visit, n) => { visit.number = n + 1; });
  person.cameras = [...new Set(visits.map((visit) => visit.camera))];
  person.first = visits[0].enter;
  person.last = visits.reduce((t, visit) => Math.max(t, visit.leave), -Infinity);
  person.seen = inView(visits);
  const open = links.filter((link) => link.by === BY_PROGRAM);
  person.weakest = open.length ? Math.min(...open.map((link) => link.probability)) : null;
  person.moves = visits.slice(1)
    .map((to, n) => ({ from: visits[n], to, gap: Math.max(to.enter - visits[n].leave, 0), both: Math.max(visits[n].leave - to.enter, 0) }))
    .filter(({ from, to }) => from.camera !== to.camera);
};

// When one of the visits, by time, goes on: two cameras at once count once.
const stretches = (visits) => visits.reduce((found, { enter, leave }) => {
  const last = found[found.length - 1];
  if (last && enter <= last.leave) last.leave = Math.max(last.leave, leave); else found.push({ enter, leave });
  return found;
}, []);
const inView = (visits) => stretches(visits).reduce((sum, { enter, leave }) => sum + leave - enter, 0);

const pairs = (flat) => {
  const points = [];
  for (let n = 0; n + 1 < flat.length; n += 2) points.push([flat[n], flat[n + 1]]);
  return points;
};

// People in view of one camera, the most in each of so many spans of time.
const presence = (visits, begin, end, spans) => {
  const change = visits.flatMap((v) => [[v.enter, 1], [v.leave, -1]]).sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  const most = new Array(spans).fill(0);
  let now = 0, at = 0;
  for (let n = 0; n < spans; n += 1) {
    const until = begin + ((n + 1) * (end - begin)) / spans;
    most[n] = now;
    for (; at < change.length && (change[at][0] < until || n === spans - 1); at += 1) {
      now += change[at][1];
      most[n] = Math.max(most[n], now);
    }
  }
  return most;
};
