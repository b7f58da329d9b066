// Bars and areas over the run's time.

// A stretch of time on which things are drawn: where a time lies on it, in percent.
const span = (begin, end) => ({ begin, end, at: (time) => (100 * (time - begin)) / (end - begin) });

const whole = () => span(run.begin, run.end);

// A person's own time with some around it.
const lifetime = (person) => {
  const around = Math.max((person.last - person.first) * 0.06, 1);
  return span(Math.max(person.first - around, run.begin), Math.min(person.last + around, run.end));
};

const niceStep = (span, wanted) => {
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];
  return steps.find((step) => span / step <= wanted) || 86400 * Math.ceil(span / 86400 / wanted);
};

const ticks = ({ begin, end }) => {
  const step = niceStep(end - begin, window.innerWidth < 700 ? 4 : 8);
  const found = [];
  for (let t = Math.ceil(begin / step) * step; t <= end; t += step) found.push(t);
  return { step, found };
};

const axis = (time) => {
  const { step, found } = ticks(time);
  const text = (t) => (step < 1 ? clock(t) : clock(t).replace(/\.0$/, ""));
  return h("div", { class: "axis", "aria-hidden": "true" },
    found.filter((t) => time.at(t) < 94).map((t) => h("span", { at: { left: `${time.at(t)}%` } }, text(t))));
};

const gridLines = (time) => ticks(time).found.map((t) => h("i", { class: "tick", at: { left: `${time.at(t)}%` } }));

const extent = (visit, time) => ({ left: `${time.at(visit.enter)}%`, width: `${time.at(visit.leave) - time.at(visit.enter)}%` });

// All of somebody's visits in one line, for tables.
const strip = (person) => h("span", { class: "strip", "aria-hidden": "true" }, person.visits.map((visit) =>
  h("i", { at: { ...extent(visit, whole()), background: person.colour } })));

// A row for each camera, a bar for each visit, thin lines where the person went over.
const timeline = (person, choose, time) => {
  const rows = person.cameras.map((camera) => h("div", { class: "lane" },
    h("span", { class: "lane-name", title: camera.name }, camera.name),
    h("div", { class: "lane-track" }, gridLines(time), person.visits.filter((v) => v.camera === camera).map((visit) =>
      h("button", {
        type: "button", class: "bar", onclick: () => choose(visit),
        title: `${camera.name}, ${clock(visit.enter)} to ${clock(visit.leave)}`,
        "aria-label": `Visit ${visit.number} to ${camera.name}, ${clock(visit.enter)} to ${clock(visit.leave)}`,
        at: { ...extent(visit, time), background: person.colour, color: person.ink },
      }, h("span", {}, String(visit.number)))))));
  const height = 34;
  const y = (camera) => person.cameras.indexOf(camera) * height + height / 2;
  const x = (t) => time.at(t) * 10;
  const lines = person.moves.filter(({ both }) => !both).map(({ from, to }) => svg("line", {
    x1: x(from.leave), y1: y(from.camera), x2: x(to.enter), y2: y(to.camera), "vector-effect": "non-scaling-stroke",
  }));
  return h("div", { class: "timeline" },
    h("div", { class: "lanes" }, rows, svg("svg", {
      class: "moves", viewBox: `0 0 1000 ${height * rows.length}`, preserveAspectRatio: "none", "aria-hidden": "true",
    }, lines)),
    h("div", { class: "lane" }, h("span", { class: "lane-name" }), axis(time)));
};

const SPANS = 400;

// People in view over time: a row for each camera on one axis, the count where one points.
const crowd = () => {
  const cameras = run.cameras.length > 1 ? [...run.cameras, { name: "all, each once", visits: run.people.flatMap((p) => stretches(p.visits)) }] : run.cameras;
  const series = cameras.map((camera) => presence(camera.visits, run.begin, run.end, SPANS));
  const top = Math.max(1, ...series.map((s) => Math.max(...s)));
  const values = [];
  const rows = cameras.map((camera, n) => {
    const most = Math.max(...series[n]);
    const value = h("span", { class: "lane-value" }, `max ${most}`);
    values.push(value);
    const points = series[n].map((v, i) => `${i},${top - v} ${i + 1},${top - v}`).join(" ");
    const text = `${camera.name}: at most ${count(most, "person", "people")} in view at once, ${count(camera.visits.length, "visit")}`;
    return h("div", { class: "lane with-value" }, h("span", { class: "lane-name", title: camera.name }, camera.name),
      h("div", { class: "lane-track tall" }, gridLines(whole()),
        svg("svg", { viewBox: `0 0 ${SPANS} ${top}`, preserveAspectRatio: "none", role: "img", "aria-label": text },
          svg("polygon", { points: `0,${top} ${points} ${SPANS},${top}` }))), value);
  });
  const now = h("span", { class: "now" });
  const cursor = h("i", { class: "cursor", hidden: true });
  const box = h("div", { class: "lanes" }, rows, h("div", { class: "cursor-track" }, cursor));
  const point = (event) => {
    const track = box.querySelector(".lane-track").getBoundingClientRect();
    const part = (event.clientX - track.left) / track.width;
    const on = event.type !== "pointerleave" && part >= 0 && part < 1;
    cursor.hidden = !on;
    now.textContent = on ? clock(run.begin + part * (run.end - run.begin)) : "";
    if (on) cursor.style.left = `${100 * part}%`;
    series.forEach((s, n) => { values[n].textContent = on ? String(s[Math.floor(part * SPANS)]) : `max ${Math.max(...s)}`; });
  };
  box.addEventListener("pointermove", point);
  box.addEventListener("pointerleave", point);
  return h("div", { class: "timeline crowd" }, box, h("div", { class: "lane with-value" }, h("span", { class: "lane-name" }), axis(whole()), now));
};
