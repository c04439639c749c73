// The panel beside the drawing: what is chosen, in words, while the drawing shows it as a picture. Each kind has a file of
// its own that fetches and shows; this one opens the right one, and refreshes it when something may have changed.

import { ApiError } from "./api.js";
import { chosen } from "./choice.js";
import { byId, make } from "./dom.js";
import { heading } from "./heading.js";
import { LinkDetails } from "./link_details.js";
import { NetworkDetails } from "./network_details.js";
import { Overview } from "./overview.js";
import { SwitchDetails } from "./switch_details.js";
import { TenantDetails } from "./tenant_details.js";

const KINDS = { network: NetworkDetails, switch: SwitchDetails, link: LinkDetails, tenant: TenantDetails };
const PAUSE = 1_000; // ms between two times of asking again

export class Details {
  /** `shown` has all that the kinds need: `store`, `loads`, `api`, `why`, and `light` and `placeOf` of the drawing. */
  constructor(shown) {
    this._shown = shown;
    this._key = null;
    this._current = null;
  }

  /** Show what is chosen, if it is another than before. */
  open() {
    const choice = chosen();
    const key = JSON.stringify(choice);
    if (key === this._key) return;
    if (this._key !== null) this._shown.why.leave();
    this._key = key;
    byId("details").scrollTop = 0;
    this._shown.light(null);
    this._begin(choice);
  }

  /** Something changed: fetch and show it again, soon. */
  refresh() {
    this._timer ??= setTimeout(() => {
      this._timer = null;
      this._load();
    }, PAUSE);
  }

  /** Show again what is known of it. */
  reshow() {
    if (this._isLoaded) this._current.show();
  }

  /** Other loads are known. */
  showLoads() {
    if (this._isLoaded) this._current.showLoads?.();
  }

  _begin(choice) {
    const box = make("div", { class: "detail" });
    byId("detail").replaceChildren(box);
    this._isLoaded = this._isMissing = false;
    this._current = new (choice ? KINDS[choice.kind] : Overview)(box, choice?.id, this._shown);
    this._load();
  }

  async _load() {
    const current = this._current;
    try {
      await current.load();
    } catch (error) {
      // What is shown stays while the daemon does not answer.
      if (error instanceof ApiError && error.status && current === this._current) this._miss(error);
      return;
    }
    if (current !== this._current) return;
    this._isLoaded = true;
    if (this._isMissing) this._begin(chosen());
    else current.show();
  }

  _miss(error) {
    this._isLoaded = false;
    this._isMissing = true;
    this._current.box.replaceChildren(heading("Not there", this._current.id), make("p", { class: "soft" }, error.message));
  }
}
