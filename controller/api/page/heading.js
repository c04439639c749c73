// The head of a panel about one thing.

import { choose } from "./choice.js";
import { make } from "./dom.js";

/** The head of a panel: what kind of thing, its name, and a way to close it. */
export function heading(kind, name, ...beside) {
  const close = make("button", { type: "button", class: "close", "aria-label": "Close", onclick: () => choose() }, "×");
  return make("header", {}, make("p", { class: "kind" }, kind), close, make("h2", {}, name, ...beside));
}
