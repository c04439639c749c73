// The fabric, drawn by Cytoscape.js and kept equal to what is known: what `elements.js` wants is compared with what is there,
// and only the difference is touched. Places are computed anew only when switches come or go, or are linked in a new
// way, so nothing jumps when a link breaks. The view follows the window until the user moves it.
//
// Who reads instead of looking has the list of switches and the line that `describe` writes.

import cytoscape from "./cytoscape/cytoscape.esm.min.mjs";
import { magnification, styleNow } from "./drawing_style.js";
import { fabricElements } from "./elements.js";
import { layoutOf } from "./layout.js";
import { Lighting } from "./lighting.js";
import { LoadLines } from "./load_lines.js";
import { setUpPointing } from "./pointing.js";
import { count } from "./words.js";

const ROOM = 36; // px around it

export class Drawing {
  /** Draw in an element; `pointing` says what the mouse does (`pointing.js`). */
  constructor(container, pointing) {
    this._container = container;
    this._drawn = new Map();
    this._places = new Map();
    this._pairs = new Set();
    this._isMoved = false;
    this._cy = cytoscape({
      ...{ container, style: styleNow(), layout: { name: "preset" }, minZoom: 0.05, maxZoom: 2.5 },
      ...{ autoungrabify: true, autounselectify: true, boxSelectionEnabled: false },
    });
    this.lighting = new Lighting(this._cy, () => this._isMoved || this.fit());
    this._lines = new LoadLines(this._cy);
    setUpPointing(this._cy, container, pointing);
    this._cy.on("scrollzoom dragpan pinchzoom", () => (this._isMoved = true));
    this._cy.on("zoom", () => this._zoomed());
    container.addEventListener("keydown", (event) => this._key(event));
    new ResizeObserver(() => this._resized()).observe(container);
  }

  /** Draw what is known now. */
  update(store) {
    const isPlaced = this._place(store);
    const wanted = fabricElements(store, this._places);
    this._cy.batch(() => {
      for (const id of this._drawn.keys()) if (!wanted.has(id)) this._cy.getElementById(id).remove();
      for (const [id, element] of wanted) this._put(id, element);
    });
    this._drawn = wanted;
    if (isPlaced && !this._isMoved) this.fit();
    this.lighting.again();
    this._lines.again();
    this._describe(store);
  }

  /** Show how loaded links are; `levelOf` says it of their ids. */
  showLoads(levelOf) {
    this._lines.show(levelOf);
  }

  /** Where a switch stands, or null. */
  placeOf(name) {
    return this._places.get(name) ?? null;
  }

  /** The colours of the page are others. */
  restyle() {
    this._cy.style(styleNow());
  }

  /** Show all of it. */
  fit() {
    this._isMoved = false;
    this._cy.fit(this._cy.elements().not(".veil"), ROOM);
    if (this._cy.zoom() > 1.35) {
      this._cy.zoom(1.35);
      this._cy.center();
    }
  }

  /** Look closer, or from further away. */
  zoom(factor) {
    this._isMoved = true;
    const middle = { x: this._cy.width() / 2, y: this._cy.height() / 2 };
    this._cy.zoom({ level: this._cy.zoom() * factor, renderedPosition: middle });
  }

  // What is drawn, for tests.

  classesOf(id) {
    const found = this._cy.getElementById(id);
    return found.nonempty() ? [...found.classes()] : null;
  }

  styleOf(id, name) {
    return this._cy.getElementById(id).style(name);
  }

  middleOf(id) {
    return this._cy.getElementById(id).renderedMidpoint();
  }

  litNow() {
    return this._cy.elements(".on").map((one) => one.id());
  }

  _place(store) {
    const names = [...store.switches.keys()];
    const low = new Set([...store.switches.values()].filter((row) => row.ports).map((row) => row.name));
    const before = this._pairs.size;
    for (const row of store.links.values()) this._pairs.add(`${row.a_switch}\n${row.b_switch}`);
    const form = JSON.stringify([names, [...low]]);
    if (form === this._form && this._pairs.size === before) return false;
    if (form !== this._form) {
      const now = [...store.links.values()].map((row) => `${row.a_switch}\n${row.b_switch}`);
      this._pairs = new Set(now);
    }
    this._form = form;
    this._places = layoutOf(names, low, [...this._pairs].sort().map((pair) => pair.split("\n")));
    return true;
  }

  _put(id, element) {
    const known = this._drawn.get(id);
    if (!known) {
      this._cy.add(element);
      return;
    }
    const drawn = this._cy.getElementById(id);
    // It may have others, of what is lit or under the mouse.
    if (known.classes !== element.classes) drawn.removeClass(known.classes).addClass(element.classes);
    if (element.data.source !== known.data.source) drawn.move({ source: element.data.source, target: element.data.target });
    if (JSON.stringify(known.data) !== JSON.stringify(element.data)) drawn.data(element.data);
    const [was, is] = [known.position, element.position];
    if (is && (was.x !== is.x || was.y !== is.y)) drawn.position({ ...is });
  }

  _zoomed() {
    const now = Math.round(10 * magnification(this._cy));
    if (now !== this._magnified) this._cy.elements("node.large").updateStyle();
    this._magnified = now;
  }

  _resized() {
    this._cy.resize();
    if (!this._isMoved) this.fit();
  }

  _key(event) {
    const pans = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    if (pans[event.key]) {
      this._isMoved = true;
      this._cy.panBy({ x: pans[event.key][0], y: pans[event.key][1] });
    } else if (event.key === "+") this.zoom(1.25);
    else if (event.key === "-") this.zoom(0.8);
    else if (event.key === "0") this.fit();
    else return;
    event.preventDefault();
  }

  _describe(store) {
    const lost = [...store.links.values()].filter((row) => row.state !== "up");
    const missing = lost.length ? `; missing: ${lost.slice(0, 5).map((row) => row.id).join(", ")}` : "";
    const said = `The fabric: ${count(store.switches.size, "switch", "switches")}, ${count(store.links.size, "link")}`;
    this._container.setAttribute("aria-label", said + missing);
  }
}
