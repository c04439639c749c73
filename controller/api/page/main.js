// The page: what it is made of, and how the parts are tied together.
//
//     api.js, follow.js    ask the daemon, and hear its events
//     store.js             what is known; events say what has to be asked again
//     loads.js             how much passes over links, while it is in sight
//     drawing.js           the fabric as a picture        (elements, layout, lighting, load_lines, pointing)
//     finder.js            tenants, networks, switches    (virtual_list)
//     details.js, why.js   what is chosen; why two ports reach each other or do not
//     status_line.js       whether all is well, and what is not; events_list.js: what happened
//
// The parts do not know each other. They show the store and the choice (`choice.js`) and are told here when either changed;
// what is to be drawn is drawn once in a frame, however much has changed.

import { Api } from "./api.js";
import { choose, chosen, onChoice } from "./choice.js";
import { Details } from "./details.js";
import { byId } from "./dom.js";
import { Drawing } from "./drawing.js";
import { saidOf, usualSpeed } from "./elements.js";
import { EventsList } from "./events_list.js";
import { Finder } from "./finder.js";
import { follow } from "./follow.js";
import { Loads } from "./loads.js";
import { askToken } from "./sign_in.js";
import { StatusLine } from "./status_line.js";
import { Store } from "./store.js";
import { setUpTheme } from "./theme.js";
import { setUpViews, showView } from "./views.js";
import { Why } from "./why.js";
import { speed } from "./words.js";

const HISTORY = 3_600_000; // ms of events that are shown from before the page was opened; ids are times

const api = new Api(askToken);
const store = new Store(api);
const drawing = new Drawing(byId("drawing"), {
  onChoose: (kind, id) => choose(kind, id),
  said: (link) => saidOf(store.links.get(link), loads.of(link)),
});
const finder = new Finder(store);
const statusLine = new StatusLine(store);
const events = new EventsList();
const light = (lit) => drawing.lighting.show(lit);
const placeOf = (name) => drawing.placeOf(name);
const why = new Why(api, { light, placeOf, changed: () => details.reshow() });
const chosenLink = () => (chosen()?.kind === "link" ? store.links.get(chosen().id) : null);
const loads = new Loads(api, {
  isSeen: () => byId("drawing").checkVisibility() || (chosenLink() && byId("detail").checkVisibility()),
  ...{ wanted: chosenLink, changed: () => redraw("loads") },
});
const details = new Details({ store, loads, api, why, light, placeOf });

const stale = new Set();
let frame = null;

/** These parts have to be drawn again. */
function redraw(...parts) {
  for (const part of parts) stale.add(part);
  frame ??= requestAnimationFrame(() => {
    frame = null;
    const now = new Set(stale);
    stale.clear();
    if (now.has("switches") || now.has("links") || now.has("underlay")) {
      drawing.update(store);
      byId("usual").textContent = speed(usualSpeed([...store.links.values()])) ?? "";
    }
    if (now.has("switches") || now.has("networks") || now.has("tenants") || now.has("choice")) finder.update();
    if (now.delete("loads")) showLoads();
    if (now.has("choice")) details.open();
    else if (now.size && (!now.has("networks") || store.isComplete)) details.refresh();
    statusLine.update();
  });
}

function showLoads() {
  drawing.showLoads((link) => loads.levelOf(link));
  details.showLoads();
  byId("loads").hidden = !loads.busiest(1).length;
}

store.addEventListener("change", (event) => redraw(event.detail));
onChoice((choice) => {
  redraw("choice");
  if (choice) showView("details");
});
setUpTheme(byId("theme"), () => drawing.restyle());
setUpViews();
byId("zoom-in").addEventListener("click", () => drawing.zoom(1.25));
byId("zoom-out").addEventListener("click", () => drawing.zoom(0.8));
byId("zoom-fit").addEventListener("click", () => drawing.fit());
document.addEventListener("keydown", (event) => {
  const isWriting = event.target.matches("input");
  if (byId("sign-in").open || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && !isWriting) {
    showView("find");
    finder.focus();
  } else if (event.key === "w" && !isWriting) {
    showView("details");
    why.focus();
  } else if (event.key === "Escape") {
    // One thing after the other is taken back.
    if (!finder.clear() && !why.clear() && chosen()) choose();
    event.target.blur?.();
    return;
  } else return;
  event.preventDefault();
});

store.start();
loads.start();
redraw("choice");
const status = await api.get("status").catch(() => null);
const heard = (arrived) => {
  events.add(arrived);
  store.heard(arrived);
};
follow(api, Math.max(0, (status?.last_event ?? Date.now()) - HISTORY), heard, (is) => statusLine.listening(is));

/** For tests. */
export { drawing, store };
