// Why one port reaches another, or does not: asked of the daemon, told in words, and drawn as a way on the picture.
//
// The two ports are written into the fields, or taken from a list one after the other; once there are two it is asked.

import { byId, dot, make } from "./dom.js";
import { wayElements } from "./way_elements.js";

const MOODS = { delivered: "good", flooded: "busy", blocked: "bad", unknown: "busy" };

export class Why {
  /** `light` and `placeOf` are the drawing's; `changed` is called when other ports are asked about. */
  constructor(api, { light, placeOf, changed }) {
    Object.assign(this, { _api: api, _light: light, _placeOf: placeOf, _changed: changed, isShown: false });
    this._from = byId("why-from");
    this._to = byId("why-to");
    byId("why").addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask();
    });
    byId("why-swap").addEventListener("click", () => {
      [this._from.value, this._to.value] = [this._to.value, this._from.value];
      this.ask();
    });
    byId("why-clear").addEventListener("click", () => this.clear());
  }

  /** Begin to write. */
  focus() {
    byId("why").closest("details").open = true;
    this._from.focus();
  }

  /** "from" or "to", if a port is that. */
  roleOf(port) {
    return port === this._from.value ? "from" : port === this._to.value ? "to" : null;
  }

  /** Take a port: as the first, or as the second and ask. A third one begins anew. */
  take(port) {
    byId("why").closest("details").open = true;
    if (!this._from.value || this._to.value) {
      this._hide();
      [this._from.value, this._to.value] = [port, ""];
    } else if (port !== this._from.value) {
      this._to.value = port;
      this.ask();
    }
    this._changed();
  }

  /** Ask about nothing any more; whether something was asked. */
  clear() {
    const was = Boolean(this._from.value || this._to.value);
    [this._from.value, this._to.value] = ["", ""];
    this._hide();
    if (was) this._changed();
    return was;
  }

  /** Something else is chosen: an answer that is shown goes, a port that was taken stays. */
  leave() {
    if (this.isShown) this.clear();
  }

  /** Ask. */
  async ask() {
    const [from, to] = [this._from.value.trim(), this._to.value.trim()];
    if (!from || !to) return;
    this._say(make("p", { class: "soft" }, "Asking…"));
    const answer = await this._api.get("why", { from, to }).catch((error) => this._failed(error));
    if (!answer || from !== this._from.value.trim() || to !== this._to.value.trim()) return;
    this.isShown = true;
    this._say(verdict(answer), beside(answer), steps(answer), back(answer));
    this._light(wayElements(answer, this._placeOf));
    this._changed();
  }

  _hide() {
    if (this.isShown) this._light(null);
    this.isShown = false;
    byId("why-answer").replaceChildren();
  }

  _failed(error) {
    this._say(make("p", { class: "verdict-line busy" }, error.message));
    return null;
  }

  _say(...parts) {
    byId("why-answer").replaceChildren(...parts.filter(Boolean));
  }
}

function verdict({ verdict, text }) {
  return make("p", { class: `verdict-line ${MOODS[verdict] ?? "busy"}` }, make("b", {}, verdict), ` ${rest(verdict, text)}`);
}

/** The text without the verdict that it begins with. */
function rest(verdict, text) {
  const words = text.startsWith(verdict) ? text.slice(verdict.length).replace(/^[:,]\s*/, "") : text;
  return words.replaceAll(" -> ", " → ");
}

/** What else is in the way, and what may differ from what was computed. */
function beside({ causes, notes }) {
  const said = [...causes.slice(1).map((text) => ["also", text]), ...notes.map((text) => ["note", text])];
  return said.length ? make("ul", { class: "beside" }, said.map(([kind, text]) => make("li", {}, `${kind}: ${text}`))) : null;
}

function steps({ steps }) {
  if (!steps?.length) return null;
  const rows = steps.map((step) =>
    make(
      "li",
      {},
      make("span", { class: "where" }, `${step.switch} · ${step.table}`),
      make("span", {}, step.reason),
      step.flow && make("code", {}, step.flow),
    ),
  );
  return make("details", { class: "steps" }, make("summary", {}, `${steps.length} steps`), make("ol", {}, rows));
}

function back({ back }) {
  if (!back) return null;
  const text = rest(back.verdict, back.text);
  return make("p", { class: "back" }, dot(MOODS[back.verdict] ?? "busy", back.verdict), ` Back: ${back.verdict}, ${text}`);
}
