// Why one port reaches another, or does not: asked of the daemon, told in words, and drawn as a way on the picture.
//
// The two ports are written into the fields, or taken from a list one after the other; once there are two it is asked. What
// the daemon finds wrong with a field is said below it.

import { byId, make } from "./dom.js";
import { wayElements } from "./way_elements.js";
import { told } from "./why_answer.js";

const FIELDS = ["from", "to", "packet"];

export class Why {
  /** `light` and `placeOf` are the drawing's; `changed` is called when other ports are asked about. */
  constructor(api, { light, placeOf, changed }) {
    Object.assign(this, { _api: api, _light: light, _placeOf: placeOf, _changed: changed, isShown: false });
    [this._from, this._to, this._packet] = FIELDS.map((name) => byId(`why-${name}`));
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
    const was = Boolean(this._from.value || this._to.value || this._packet.value);
    [this._from.value, this._to.value, this._packet.value] = ["", "", ""];
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
    const asked = this._asked();
    if (!asked.from || !asked.to) return;
    this._say(make("p", { class: "soft" }, "Asking…"));
    const isStill = () => JSON.stringify(asked) === JSON.stringify(this._asked());
    const answer = await this._api.get("why", asked).catch((error) => isStill() && this._failed(error));
    if (!answer || !isStill()) return;
    this.isShown = true;
    this._say(...told(answer));
    this._light(wayElements(answer, this._placeOf));
    this._changed();
  }

  _asked() {
    const [from, to, packet] = [this._from, this._to, this._packet].map((field) => field.value.trim());
    return { from, to, packet: packet || undefined };
  }

  _hide() {
    if (this.isShown) this._light(null);
    this.isShown = false;
    this._say();
  }

  /** There is no answer: nothing of one before is left. */
  _failed(error) {
    this._hide();
    const wrong = (error.errors ?? []).filter(({ parameter }) => FIELDS.includes(parameter));
    if (!wrong.length) this._say(make("p", { class: "verdict-line busy" }, error.message));
    for (const { parameter, detail } of wrong) this._wrong(parameter, detail);
    this._changed();
  }

  _wrong(field, text) {
    byId(`why-${field}-wrong`).textContent = text;
    byId(`why-${field}`).setAttribute("aria-invalid", String(Boolean(text)));
  }

  _say(...parts) {
    for (const field of FIELDS) this._wrong(field, "");
    byId("why-answer").replaceChildren(...parts.filter(Boolean));
  }
}
