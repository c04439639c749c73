// Where switches stand in the picture: the same places whenever the same fabric is drawn, and on every machine.
//
// Each connected part is laid out by itself: in rows if it has them (leaves and spines, see `rows_layout.js`), otherwise
// by stress (`stress_layout.js`). Parts stand side by side, those with most switches first. It is the way of
// `tenantry graph`, with boxes of one size, as here one can look closer.

import { CELL } from "./cell.js";
import { inRows } from "./rows_layout.js";
import { byStress } from "./stress_layout.js";

/**
 * Positions (centres, in px) by name. `names` are all switches, `low` those with ports, `pairs` the linked
 * `[name, name]`.
 */
export function layoutOf(names, low, pairs) {
  const near = new Map([...names].sort().map((name) => [name, new Set()]));
  for (const [a, b] of pairs) {
    if (a === b || !near.has(a) || !near.has(b)) continue;
    near.get(a).add(b);
    near.get(b).add(a);
  }
  const all = partsOf(near);
  const alone = all.filter((part) => part.length === 1).flat();
  const parts = all.filter((part) => part.length > 1).sort((one, other) => other.length - one.length);
  const placed = parts.map((part) => inRows(part, near, low) ?? byStress(part, near));
  if (alone.length) placed.push(inGrid(alone));
  return sideBySide(placed);
}

/** The same number of boxes in each line, so that the whole is about twice as wide as high. */
export function inGrid(names) {
  const perLine = names.length <= 6 ? names.length : Math.ceil(Math.sqrt((names.length * 2 * CELL.height) / CELL.width));
  return new Map(
    names.map((name, index) => [
      name,
      { x: (index % perLine) * CELL.width, y: Math.floor(index / perLine) * CELL.height },
    ]),
  );
}

function partsOf(near) {
  const seen = new Set();
  const parts = [];
  for (const start of near.keys()) {
    if (seen.has(start)) continue;
    const part = [start];
    seen.add(start);
    for (const name of part) {
      for (const other of near.get(name)) {
        if (!seen.has(other)) part.push(other);
        seen.add(other);
      }
    }
    parts.push(part.sort());
  }
  return parts;
}

function sideBySide(parts) {
  const extents = parts.map(extentOf);
  const area = extents.reduce((sum, one) => sum + (one.width + CELL.width) * (one.height + CELL.height), 0);
  const widest = Math.max(Math.sqrt(2 * area), ...extents.map((one) => one.width));
  const places = new Map();
  let [x, y, line] = [0, 0, 0];
  parts.forEach((part, index) => {
    const { left, top, width, height } = extents[index];
    if (x && x + width > widest) [x, y, line] = [0, y + line + 1.5 * CELL.height, 0];
    for (const [name, at] of part) {
      places.set(name, { x: Math.round(at.x - left + x), y: Math.round(at.y - top + y) });
    }
    x += width + 1.5 * CELL.width;
    line = Math.max(line, height);
  });
  return places;
}

function extentOf(places) {
  const xs = [...places.values()].map((at) => at.x);
  const ys = [...places.values()].map((at) => at.y);
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return { left, top, width: Math.max(...xs) - left, height: Math.max(...ys) - top };
}
