// Leaves below, spines above: rows by the distance from the switches with ports, or from those without. That is a picture
// only if no link is within a row; who finds one gets none, and another layout is taken.
//
// Within a row each stands near what it is linked to in the row before. A row too long for a screen is broken into lines.

import { CELL } from "./cell.js";

const LONGEST = 16;
const BETWEEN_ROWS = 130;

/** Positions by name for one connected part (`names`, sorted), or null. */
export function inRows(names, near, low) {
  const below = names.filter((name) => low.has(name));
  const above = names.filter((name) => !low.has(name));
  for (const [start, direction] of [[below, -1], [above, 1]]) {
    if (!start.length || start.length === names.length) continue;
    const far = distances(start, near);
    if (names.some((name) => [...near.get(name)].some((other) => far.get(other) === far.get(name)))) continue;
    const rows = [];
    for (const name of names) (rows[far.get(name)] ??= []).push(name);
    return placed(rows, near, direction);
  }
  return null;
}

function distances(start, near) {
  const far = new Map(start.map((name) => [name, 0]));
  const queue = [...start];
  for (const name of queue) {
    for (const other of near.get(name)) {
      if (far.has(other)) continue;
      far.set(other, far.get(name) + 1);
      queue.push(other);
    }
  }
  return far;
}

function placed(rows, near, direction) {
  const places = new Map();
  const perLine = rows.map((row) =>
    row.length <= LONGEST ? row.length : Math.ceil(Math.sqrt((row.length * 1.8 * CELL.height) / CELL.width)),
  );
  const width = (Math.max(...perLine) - 1) * CELL.width;
  let y = 0;
  rows.forEach((row, number) => {
    // Names are in order already, and a sort keeps the order of equals.
    const ordered = number ? sortedByMean(row, near, places) : row;
    const inLine = perLine[number];
    const step = stepOf(inLine, width);
    ordered.forEach((name, index) => {
      const line = Math.floor(index / inLine);
      const here = Math.min(inLine, row.length - line * inLine);
      places.set(name, { x: ((index % inLine) - (here - 1) / 2) * step, y: y + direction * line * CELL.height });
    });
    y += direction * ((Math.ceil(row.length / inLine) - 1) * CELL.height + BETWEEN_ROWS);
  });
  return places;
}

/** A short row is spread a little, towards the width of the longest. */
function stepOf(inLine, width) {
  return inLine > 1 ? Math.min(Math.max(CELL.width, (0.7 * width) / (inLine - 1)), 2.2 * CELL.width) : CELL.width;
}

function sortedByMean(row, near, places) {
  const mean = (name) => {
    const known = [...near.get(name)].filter((other) => places.has(other)).map((other) => places.get(other).x);
    return known.reduce((sum, x) => sum + x, 0) / known.length;
  };
  const means = new Map(row.map((name) => [name, Math.round(mean(name))]));
  return [...row].sort((one, other) => means.get(one) - means.get(other));
}
