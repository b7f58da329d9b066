// Why visits are one person's: the least sure first, with who else it might have been.

const LINK_ORDERS = {
  probability: ["least probable", (link) => link.probability],
  margin: ["closest runner-up", (link) => link.probability - (link.rivalProbability || 0)],
  similarity: ["least similar", (link) => (link.similarity === null ? 2 : link.similarity)],
  gap: ["longest gap", (link) => -link.gap],
  time: ["by time", (link) => link.second.enter],
};
const linkView = { order: "probability", across: false };

const weakest = () => {
  const [, value] = LINK_ORDERS[linkView.order];
  return run.links
    .filter((link) => link.by === BY_PROGRAM && (!linkView.across || link.first.camera !== link.second.camera))
    .sort((a, b) => value(a) - value(b) || a.index - b.index);
};

const linksPage = () => {
  const place = h("div", {});
  const redraw = () => {
    const links = weakest();
    const list = h("div", { class: "links" });
    const more = inPortions(list, links, 20, linkCard);
    place.replaceChildren(h("p", { class: "told", role: "status" }, `${count(links.length, "link")} made by the program`), list,
      links.length ? more : h("p", { class: "empty" }, "No link to show."));
  };
  redraw();
  const order = h("select", { onchange: (e) => { linkView.order = e.target.value; redraw(); } },
    Object.entries(LINK_ORDERS).map(([key, [name]]) => h("option", { value: key, selected: key === linkView.order }, name)));
  const across = h("input", { type: "checkbox", checked: linkView.across, onchange: (e) => { linkView.across = e.target.checked; redraw(); } });
  return h("section", {}, h("h2", {}, "Links"),
    h("p", { class: "lead" }, "Each visit was given the person of an earlier one. Here are both, and the visit of somebody else that fitted next best."),
    h("form", { class: "filters", onsubmit: (e) => e.preventDefault() }, h("label", {}, h("span", {}, "First"), order),
      run.cameras.length > 1 ? h("label", { class: "check" }, across, "between cameras only") : null),
    place);
};

const linkCard = (link) => h("article", { class: "link card", "aria-label": `Link of ${named(link.person)}, ${chance(link.probability)}` },
  side("Earlier visit", link.first),
  h("div", { class: "verdict" },
    h("div", { class: "big" }, chance(link.probability)), meter(link.probability),
    h("dl", { class: "facts" },
      fact("similarity", decimal(link.similarity)),
      link.gap < 0 ? fact("in both views", lasting(-link.gap)) : fact("time gap", lasting(link.gap)),
      link.distance === null ? null : fact("distance", `${decimal(link.distance, 1)} m`)),
    hooks.link ? hooks.link(link, false) : null),
  side("Later visit", link.second),
  link.rival ? side("Runner-up", link.rival, h("div", { class: "rival" }, meter(link.rivalProbability, false), ` ${chance(link.rivalProbability)}`))
    : h("div", { class: "side empty" }, h("h3", {}, "Runner-up"), h("p", {}, "Nobody else could be it.")));

const fact = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));

const side = (title, visit, more) => h("div", { class: "side" },
  h("h3", {}, title),
  h("div", { class: "crops" }, visit.shots.length ? visit.shots.slice(0, 3).map((_, n) => crop(visit, n)) : crop(visit, 0)),
  h("p", {}, personLink(visit.person), h("span", { class: "where" }, ` ${visit.camera.name}, ${clock(visit.enter)} to ${clock(visit.leave)}`)),
  more || null);
