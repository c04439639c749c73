// Elements of the page. Whatever comes from switches, guests or YAML is put in here as text and as nothing else: there is
// no way from a string to HTML, and the browser is told to allow none (`trusted-types` in the policy).

/** An element with attributes (`onclick` and the like are listeners) and children; strings become text. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

/** The element with this id, which `index.html` has. */
export const byId = (id) => document.getElementById(id);

/** A dot whose colour says how something is; `word` says it to who does not see it. */
export const dot = (mood, word) => make("span", { class: `dot ${mood}`, role: "img", "aria-label": word, title: word });

/** A button that looks like a name, and chooses what it names. */
export const nameButton = (text, onclick, more = {}) =>
  make("button", { type: "button", class: "name", onclick, ...more }, text);

const shown = new WeakMap();

/** Put other children into an element if `about`, what they are made of, is another; a button with the focus keeps it. */
export function refill(element, about, children) {
  const text = JSON.stringify(about);
  if (shown.get(element) === text) return;
  shown.set(element, text);
  const focused = element.contains(document.activeElement) ? document.activeElement.textContent : null;
  element.replaceChildren(...[children()].flat(Infinity).filter(Boolean));
  if (focused) [...element.querySelectorAll("button")].find((button) => button.textContent === focused)?.focus();
}

/** A list of facts; those without a value are left out. */
export function facts(pairs) {
  const known = pairs.filter(([, value]) => value != null && value !== "");
  return make("dl", { class: "facts" }, known.map(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
}
