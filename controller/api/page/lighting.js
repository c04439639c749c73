// Shows some of the drawing before all else: a network, a switch, the way of a frame. A veil is laid over everything, and
// what is lit is lifted above it; to fade a thousand lines one by one would be a thousand changes.

const VEIL = 400; // px by which the veil is larger than what it covers
const FEW = 40; // of so many that are lit, each is drawn large enough to be read

export class Lighting {
  /** `cy` is Cytoscape's drawing; `onWider` is called when what stands beside the fabric came or went. */
  constructor(cy, onWider) {
    Object.assign(this, { _cy: cy, _onWider: onWider, _lit: null, _shown: "null", _extras: [], _isWider: false });
  }

  /**
   * Show `on` (ids) before everything else, and `via`, through which they reach each other, with `extras` (elements) that
   * are there as long as this is shown; null for everything alike.
   */
  show(lit) {
    const wanted = JSON.stringify(lit);
    if (wanted === this._shown) return;
    this._shown = wanted;
    this._lit = lit;
    this._cy.batch(() => this._apply(new Set(lit?.on ?? []), new Set(lit?.via ?? [])));
    const isWider = lit?.extras?.some((element) => element.classes === "outside") ?? false;
    if (isWider || this._isWider) this._onWider();
    this._isWider = isWider;
  }

  /** What is drawn has changed, and may have lost that it is lit. */
  again() {
    if (!this._lit) return;
    this._shown = "";
    this.show(this._lit);
  }

  _apply(on, via) {
    for (const id of this._extras) this._cy.getElementById(id).remove();
    this._extras = [];
    const switches = [...on].filter((id) => id.startsWith("s:"));
    this._mark("on", on);
    this._mark("large", new Set(switches.length <= FEW ? switches : []));
    this._mark("via", via);
    if (this._lit) this._add(this._veil());
    for (const element of this._lit?.extras ?? []) this._add(element);
  }

  _mark(name, ids) {
    this._cy.elements(`.${name}`).forEach((one) => void (ids.has(one.id()) || one.removeClass(name)));
    for (const id of ids) this._cy.getElementById(id).addClass(name);
  }

  _add(element) {
    const ends = [element.data.source, element.data.target].filter(Boolean);
    if (ends.some((id) => this._cy.getElementById(id).empty())) return;
    this._cy.add(element);
    this._extras.push(element.data.id);
  }

  _veil() {
    const { x1, y1, w, h } = this._cy.elements().boundingBox({ includeLabels: false });
    const data = { id: "veil", width: w + 2 * VEIL, height: h + 2 * VEIL };
    return { data, classes: "veil", position: { x: x1 + w / 2, y: y1 + h / 2 } };
  }
}
