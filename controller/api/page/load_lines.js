// Lines by the load of their links: each has the class of its level (`load1` to `load4`, `drawing_style.js`), or none. When
// a thousand get another one they do so in turns, as the frame in which all do would be a long one.

const PER_FRAME = 300;
const LEVELS = [1, 2, 3, 4].map((level) => `load${level}`);

export class LoadLines {
  /** `cy` is Cytoscape's drawing. */
  constructor(cy) {
    this._cy = cy;
    this._levelOf = () => 0;
    this._frame = null;
  }

  /** Have lines look as `levelOf` says of their links' ids. */
  show(levelOf) {
    this._levelOf = levelOf;
    this.again();
  }

  /** What is drawn has changed. */
  again() {
    this._frame ??= requestAnimationFrame(() => {
      this._frame = null;
      this._step();
    });
  }

  _step() {
    let left = PER_FRAME;
    this._cy.batch(() =>
      this._cy.edges(".link").some((line) => {
        const level = line.hasClass("up") ? this._levelOf(line.data("of")) : 0;
        const [is, wanted] = [LEVELS.find((name) => line.hasClass(name)), LEVELS[level - 1]];
        if (is === wanted) return false;
        if (is) line.removeClass(is);
        if (wanted) line.addClass(wanted);
        return --left === 0;
      }),
    );
    if (left === 0) this.again();
  }
}
