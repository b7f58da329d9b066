// Crops and posters: inside the page, or from the review's server.

const served = document.documentElement.dataset.mode === "review";
const inside = new Map([...document.querySelectorAll("[data-picture]")].map((e) => [e.dataset.picture, e]));

const shotAddress = (visit, shot) => {
  if (served) return `crop/${visit.camera.index}/${visit.track}/${visit.shots[shot]}.jpg`;
  const data = inside.get(`crop ${visit.camera.index} ${visit.track}`);
  return data ? `data:image/jpeg;base64,${data.textContent.split(" ")[shot]}` : null;
};

const posterAddress = (camera) => {
  if (served) return camera.poster ? `poster/${camera.index}.jpg` : null;
  const data = inside.get(`poster ${camera.index}`);
  return data ? `data:image/jpeg;base64,${data.textContent}` : null;
};

const timeOf = (visit, frame) => {
  const share = visit.last > visit.first ? (frame - visit.first) / (visit.last - visit.first) : 0;
  return visit.enter + share * (visit.leave - visit.enter);
};

const crop = (visit, shot, size = "") => {
  const address = visit.shots.length > shot ? shotAddress(visit, shot) : null;
  const when = visit.shots.length > shot ? `, ${clock(timeOf(visit, visit.shots[shot]))}` : "";
  const text = `${named(visit.person)} in ${visit.camera.name}${when}`;
  if (!address) return h("span", { class: `crop none ${size}`, "aria-hidden": "true" }, silhouette());
  const image = h("img", { class: `crop ${size}`, src: address, alt: text, loading: "lazy", decoding: "async" });
  if (!hooks.play || size === "small") return image;
  const frame = visit.shots[shot];
  return h("button", { type: "button", class: "play", title: "Play the video from here", onclick: () => hooks.play(visit, frame) }, image);
};

const silhouette = () => svg("svg", { viewBox: "0 0 24 48", class: "silhouette" },
  svg("circle", { cx: 12, cy: 9, r: 6 }), svg("path", { d: "M3 46V26a9 9 0 0 1 18 0v20z" }));

const chip = (person) => h("span", { class: "chip", at: { background: person.colour, color: person.ink } }, String(person.id));

const personLink = (person, ...more) =>
  h("a", { class: "person-link", href: `#person-${person.id}` }, chip(person), person.name ? h("span", {}, person.name) : null, ...more);
