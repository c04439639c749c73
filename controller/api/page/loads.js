// How much passes over links. Switches count it for whoever asks, so it is asked only while somebody can see it, in a tab
// that is in front. What was not told for a while is not known any more.

const EVERY = 5_000; // ms
const OLD = 20_000; // ms
const MOST = 1_000; // links in an answer; the others have less
const STEPS = [0.01, 0.1, 0.4, 0.8]; // of a link's speed

export class Loads {
  /**
   * `isSeen` says whether loads are in sight, `wanted` which link (a row) has to be among them if any, and `changed` is
   * called when there are others.
   */
  constructor(api, { isSeen, wanted, changed }) {
    Object.assign(this, { _api: api, _isSeen: isSeen, _wanted: wanted, _changed: changed });
    this._asked = this._told = -Infinity;
    this._isAsking = false;
    this._rows = new Map();
  }

  /** Ask from now on. */
  start() {
    setInterval(() => this.look(), 1_000);
    document.addEventListener("visibilitychange", () => this.look());
  }

  /** Ask if it is time. */
  look() {
    const now = performance.now();
    if (this._rows.size && now > this._told + OLD) this._take([]);
    if (document.hidden || this._isAsking || !this._isSeen()) return;
    if (now > this._asked + EVERY) this._ask();
  }

  /** What passes over a link, or null. */
  of(id) {
    return this._rows.get(id) ?? null;
  }

  /** The links over which most passes. */
  busiest(number) {
    return [...this._rows.values()].filter((row) => row.bits_a_to_b + row.bits_b_to_a).slice(0, number);
  }

  /** How loaded a link is, in steps from 0 to 4. */
  levelOf(id) {
    const load = this.of(id)?.load ?? 0;
    return STEPS.filter((step) => load >= step).length;
  }

  async _ask() {
    this._isAsking = true;
    this._asked = performance.now();
    try {
      const { items, known } = await this._api.get("rates/links", { limit: MOST });
      const link = this._wanted();
      const isLeftOut = link && known > items.length && !items.some((row) => row.id === link.id);
      const more = isLeftOut ? await this._api.get("rates/links", { limit: MOST, switch: link.a_switch }) : { items: [] };
      this._take([...items, ...more.items.filter((row) => row.id === link?.id)]);
      this._told = performance.now();
    } catch {
      // Tried again; that the daemon does not answer others say.
    } finally {
      this._isAsking = false;
    }
  }

  _take(rows) {
    this._rows = new Map(rows.map((row) => [row.id, row]));
    this._changed();
  }
}
