// A list of any length of which only the rows in sight are elements. Rows have one height, so which are in sight follows
// from where it is scrolled to. It has one stop for the Tab key; arrows, Home, End and Page keys move inside, Enter picks
// (the listbox pattern of WAI-ARIA, with `aria-activedescendant`).

import { make, refill } from "./dom.js";

const SPARE = 6; // rows beyond each edge
let lists = 0;

export class VirtualList {
  /**
   * `height` is that of a row in px; `keyOf(item)` tells items apart; `render(item)` returns a row's children, and
   * `about(item)` all that those are made of; `onPick` is called with the item that was picked.
   */
  constructor(container, { label, height, keyOf, render, about = (item) => item, onPick }) {
    Object.assign(this, { _box: container, _height: height, _keyOf: keyOf, _render: render, _about: about });
    this._onPick = onPick;
    this._rows = new Map();
    this._items = [];
    this._at = -1;
    this._marked = new Set();
    this._name = `list${lists++}`;
    this._ground = make("div", { class: "rows", role: "presentation" });
    container.append(this._ground);
    for (const [name, value] of [["role", "listbox"], ["tabindex", "0"], ["aria-label", label]]) {
      container.setAttribute(name, value);
    }
    container.addEventListener("scroll", () => this._soon(), { passive: true });
    container.addEventListener("keydown", (event) => this._key(event));
    container.addEventListener("pointerdown", ({ target }) => (this._pressed = target.closest(".row")));
    container.addEventListener("click", (event) => this._click(event));
    container.addEventListener("focus", () => this._move(Math.max(this._at, 0)));
    new ResizeObserver(() => this._soon()).observe(container);
  }

  /** Show these. What is looked at stays where it is, if `keepPlace` new ones came before it. */
  show(items, keepPlace = 0) {
    const key = this._at >= 0 && this._at < this._items.length ? this._keyOf(this._items[this._at]) : null;
    this._items = items;
    this._at = key === null ? -1 : items.findIndex((item) => this._keyOf(item) === key);
    this._ground.style.height = `${items.length * this._height}px`;
    if (keepPlace && this._box.scrollTop > 0) this._box.scrollTop += keepPlace * this._height;
    this._soon();
  }

  /** Mark the rows with these keys as chosen. */
  mark(keys) {
    this._marked = new Set(keys);
    this._soon();
  }

  /** Make the first row the current one, and have the keyboard. */
  enter() {
    this._box.focus();
  }

  _soon() {
    this._frame ??= requestAnimationFrame(() => {
      this._frame = null;
      this._draw();
    });
  }

  _draw() {
    const first = Math.max(0, Math.floor(this._box.scrollTop / this._height) - SPARE);
    const end = Math.ceil((this._box.scrollTop + this._box.clientHeight) / this._height) + SPARE;
    const wanted = new Map(this._items.slice(first, end).map((item, index) => [this._keyOf(item), first + index]));
    for (const [key, row] of this._rows) {
      if (wanted.has(key)) continue;
      row.remove();
      this._rows.delete(key);
    }
    let next = this._ground.firstChild;
    for (const [key, index] of wanted) {
      const row = this._row(key, index);
      if (row === next) next = row.nextSibling;
      else this._ground.insertBefore(row, next);
    }
    const isShown = this._at >= first && this._at < Math.min(end, this._items.length);
    if (isShown) this._box.setAttribute("aria-activedescendant", `${this._name}-${this._at}`);
    else this._box.removeAttribute("aria-activedescendant");
  }

  /** Rows stay the elements that they are: one that goes between a press and its release would not be clicked. */
  _row(key, index) {
    const row = this._rows.get(key) ?? make("div", { role: "option" });
    this._rows.set(key, row);
    row.className = index === this._at ? "row current" : "row";
    row.id = `${this._name}-${index}`;
    row.setAttribute("aria-selected", String(this._marked.has(key)));
    row.setAttribute("aria-setsize", this._items.length);
    row.setAttribute("aria-posinset", index + 1);
    row.style.top = `${index * this._height}px`;
    row.style.height = `${this._height}px`;
    refill(row, this._about(this._items[index]), () => this._render(this._items[index]));
    return row;
  }

  /** What was pressed is picked, though other rows may have come before it until the button was released. */
  _click(event) {
    const row = (event.detail && this._pressed) || event.target.closest(".row");
    const index = this._items.findIndex((item) => this._rows.get(this._keyOf(item)) === row);
    if (!row || index < 0) return;
    this._at = index;
    this._onPick(this._items[index]);
    this._soon();
  }

  _key(event) {
    const page = Math.max(1, Math.floor(this._box.clientHeight / this._height) - 1);
    const last = this._items.length - 1;
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (moves[event.key]) this._move(Math.min(last, Math.max(0, this._at + moves[event.key])));
    else if ((event.key === "Enter" || event.key === " ") && this._at >= 0) this._onPick(this._items[this._at]);
    else return;
    event.preventDefault();
  }

  _move(to) {
    if (!this._items.length) return;
    this._at = Math.min(to, this._items.length - 1);
    const [top, bottom] = [this._at * this._height, (this._at + 1) * this._height];
    if (top < this._box.scrollTop) this._box.scrollTop = top;
    else if (bottom > this._box.scrollTop + this._box.clientHeight) this._box.scrollTop = bottom - this._box.clientHeight;
    this._soon();
  }
}
