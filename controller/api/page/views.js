// On a phone one part of the page is in sight at a time; buttons at the bottom choose it. On a wide window all are there,
// and CSS takes no notice of this.

import { byId } from "./dom.js";

const VIEWS = ["fabric", "find", "details", "events"];

/** Show one of the views. */
export function showView(name) {
  document.body.dataset.view = name;
  for (const view of VIEWS) byId(`view-${view}`).setAttribute("aria-pressed", String(view === name));
}

/** Have the buttons work. */
export function setUpViews() {
  for (const view of VIEWS) byId(`view-${view}`).addEventListener("click", () => showView(view));
  showView("fabric");
}
