// Elements, built without any text ever becoming markup.

const fill = (element, props, children) => {
  for (const [name, value] of Object.entries(props || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "at") Object.assign(element.style, value); // the policy forbids style="…"
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
  return element;
};

const h = (tag, props, ...children) => fill(document.createElement(tag), props, children);

const svg = (tag, props, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), props, children);

// Black or white, whichever is easier to read on a colour.
const inkOn = (colour) => {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000" : "#fff";
};

const byId = (id) => document.getElementById(id);

let saying = 0;
const say = (text, address) => {
  clearTimeout(saying);
  const tell = (make) => document.querySelectorAll(".says").forEach((place) => place.replaceChildren(make()));
  tell(() => (address ? h("a", { href: address }, text) : text));
  saying = setTimeout(tell, 8000, () => "");
};

// Adds items to a place in portions, the next one when the end of the last comes into view.
const inPortions = (place, items, portion, make) => {
  let shown = 0;
  const more = h("button", { type: "button", class: "more", onclick: () => add() });
  const watch = new IntersectionObserver((seen) => seen.some((s) => s.isIntersecting) && add(), { rootMargin: "400px" });
  const add = () => {
    place.append(...items.slice(shown, shown + portion).map(make));
    shown = Math.min(shown + portion, items.length);
    more.textContent = `Show more (${items.length - shown} left)`;
    more.hidden = shown >= items.length;
  };
  add();
  watch.observe(more);
  return more;
};
