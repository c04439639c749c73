// What the page knows of the daemon. An event is never taken for what is there: it says which question to ask again, and
// the answer is what is shown. So what is shown is right after a gap, a restart or a kind of event that is new, as soon as
// all was asked once more. Each question is asked at most once in its `PAUSE`, whatever number of events wants it.
//
// A link that is not there any more stays for `MOURNED` as `gone`, to be seen; one that the configuration names stays as
// `down`, and that the daemon says itself.

const PAUSE = { status: 1_000, switches: 1_000, links: 1_000, underlay: 1_000, tenants: 1_000, networks: 10_000 }; // ms
const MOURNED = 60_000; // ms
const EVERY = { status: 5_000, switches: 15_000, links: 15_000, underlay: 15_000 }; // ms
const MOST_TROUBLES = 1_000; // of the underlay; the rest is not asked for

/** Which questions an event is about, by how its kind begins; others are about the first that matches. */
const ABOUT = [
  ["switch", ["switches", "status", "links", "underlay"]],
  ["link", ["links", "status"]],
  ["wire", ["links"]],
  ["endpoint", ["switches", "underlay", "status"]],
  ["underlay", ["underlay"]],
  ["write", ["tenants", "networks", "switches", "links", "status"]],
  ["reload", ["tenants", "networks", "switches", "links", "status"]],
  ["network", ["networks", "switches", "status"]],
  ["gap", ["tenants", "networks", "switches", "links", "underlay", "status"]],
  ["", ["status"]],
];

export class Store extends EventTarget {
  constructor(api) {
    super();
    this._api = api;
    this._stale = new Set();
    this._asking = new Set();
    this._asked = {};
    this.status = null;
    this.switches = new Map();
    this.links = new Map();
    this.underlay = []; // what is wrong there
    this.isUnderlayWhole = true; // or there is more
    this.tenants = [];
    this.networks = [];
    this.isComplete = false; // whether all networks have come
    this.problem = null; // why the daemon could not be asked, last time
  }

  /** Ask everything, and again when it is time. */
  start() {
    this.touch("status", "switches", "links", "underlay", "tenants", "networks");
    setInterval(() => this._clock(), 1_000);
    document.addEventListener("visibilitychange", () => this._clock());
  }

  /** These have to be asked again. */
  touch(...names) {
    for (const name of names) this._stale.add(name);
    for (const name of names) this._ask(name);
  }

  /** Events arrived. */
  heard(events) {
    const names = events.flatMap(({ kind }) => ABOUT.find(([begin]) => kind.startsWith(begin))[1]);
    this.touch(...new Set(names));
  }

  _clock() {
    if (document.hidden) return;
    const now = performance.now();
    for (const [name, every] of Object.entries(EVERY)) {
      if (now > (this._asked[name] ?? 0) + every) this._stale.add(name);
    }
    const isLate = [...this.links.values()].some((link) => link.state === "gone" && now > link.since + MOURNED);
    if (isLate) this._stale.add("links");
    for (const name of this._stale) this._ask(name);
  }

  async _ask(name) {
    const early = (this._asked[name] ?? -Infinity) + PAUSE[name] - performance.now();
    if (this._asking.has(name) || early > 0) return; // the clock will be there again
    this._asking.add(name);
    this._stale.delete(name);
    this._asked[name] = performance.now();
    try {
      await this[`_ask_${name}`]();
      this.problem = null;
    } catch (error) {
      this._stale.add(name);
      this.problem = error.message;
    } finally {
      this._asking.delete(name);
    }
    this._changed(name);
  }

  async _ask_status() {
    this.status = await this._api.get("status");
  }

  async _ask_switches() {
    this.switches = new Map((await this._all("switches")).map((row) => [row.name, row]));
  }

  async _ask_links() {
    const found = new Map((await this._all("links")).map((row) => [row.id, row]));
    const now = performance.now();
    for (const [id, known] of this.links) {
      const since = known.since ?? now;
      const isOver = now > since + MOURNED || !this.switches.has(known.a_switch) || !this.switches.has(known.b_switch);
      if (!found.has(id) && !isOver) found.set(id, { ...known, state: "gone", since });
    }
    this.links = found;
  }

  async _ask_underlay() {
    const { items, next } = await this._api.get("underlay", { limit: MOST_TROUBLES });
    this.underlay = items;
    this.isUnderlayWhole = next === null;
  }

  async _ask_tenants() {
    this.tenants = await this._all("tenants");
  }

  async _ask_networks() {
    const found = [];
    for await (const rows of this._api.pages("networks")) {
      found.push(...rows);
      // The first time it is shown as it comes; later all at once, or lists would jump.
      if (this.isComplete) continue;
      this.networks = found.slice();
      this._changed("networks");
    }
    this.networks = found;
    this.isComplete = true;
  }

  async _all(path) {
    const found = [];
    for await (const rows of this._api.pages(path)) found.push(...rows);
    return found;
  }

  _changed(name) {
    this.dispatchEvent(new CustomEvent("change", { detail: name }));
  }
}
