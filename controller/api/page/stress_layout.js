// As far from each other on the picture as there are links between: stress majorisation (Gansner, Koren, North: "Graph
// Drawing by Stress Majorization", 2004), one switch at a time. It begins with a circle in the order in which a walk meets
// the switches, which a ring keeps; nothing in it is left to chance.

import { BOX, CELL } from "./cell.js";

const LINK = 150; // px
const ROUNDS = 120;
const WORK = 2_500_000; // pairs that are looked at, all in all: some 50 ms

/** Positions by name for one connected part (`names`, sorted). */
export function byStress(names, near) {
  const walk = walked(names[0], near);
  const number = new Map(walk.map((name, index) => [name, index]));
  const hops = walk.map((name) => hopsFrom(name, near, number));
  const radius = (LINK * walk.length) / (2 * Math.PI);
  const xs = walk.map((_, index) => radius * Math.sin((2 * Math.PI * index) / walk.length));
  const ys = walk.map((_, index) => -radius * Math.cos((2 * Math.PI * index) / walk.length));
  const rounds = Math.min(ROUNDS, Math.ceil(WORK / walk.length ** 2));
  for (let round = 0; round < rounds; round++) {
    for (let index = 0; index < walk.length; index++) relax(index, xs, ys, hops[index]);
  }
  straighten(xs, ys);
  moveApart(xs, ys);
  return new Map(walk.map((name, index) => [name, { x: xs[index], y: ys[index] }]));
}

function relax(index, xs, ys, hops) {
  let [sumX, sumY, weights] = [0, 0, 0];
  for (let other = 0; other < xs.length; other++) {
    if (other === index) continue;
    const far = hops[other];
    const [dx, dy] = [xs[index] - xs[other], ys[index] - ys[other]];
    const stretch = (LINK * far) / (Math.hypot(dx, dy) || 1);
    const weight = 1 / (far * far);
    sumX += weight * (xs[other] + dx * stretch);
    sumY += weight * (ys[other] + dy * stretch);
    weights += weight;
  }
  [xs[index], ys[index]] = [sumX / weights, sumY / weights];
}

/** Turn all of it so that the first switch is at the top, as it was in the beginning. */
function straighten(xs, ys) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(xs), mean(ys)];
  const angle = -Math.PI / 2 - Math.atan2(ys[0] - y, xs[0] - x);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  xs.forEach((_, index) => {
    const [dx, dy] = [xs[index] - x, ys[index] - y];
    [xs[index], ys[index]] = [dx * cos - dy * sin, dx * sin + dy * cos];
  });
}

/** Push boxes that overlap away from each other, along the axis on which they overlap less. */
function moveApart(xs, ys) {
  const [width, height] = [(BOX.width + CELL.width) / 2, (BOX.height + CELL.height) / 2];
  const rounds = Math.min(50, Math.ceil(WORK / xs.length ** 2));
  for (let round = 0, moved = true; moved && round < rounds; round++) {
    moved = false;
    for (let one = 0; one < xs.length; one++) {
      for (let other = 0; other < one; other++) {
        const overX = width - Math.abs(xs[one] - xs[other]);
        const overY = height - Math.abs(ys[one] - ys[other]);
        if (overX <= 0 || overY <= 0) continue;
        moved = true;
        const [values, over] = overX <= overY ? [xs, overX] : [ys, overY];
        const push = (values[one] < values[other] ? -1 : 1) * (over / 2 + 1);
        values[one] += push;
        values[other] -= push;
      }
    }
  }
}

function walked(start, near) {
  const seen = new Set();
  const visit = [start];
  while (visit.length) {
    const name = visit.pop();
    if (seen.has(name)) continue;
    seen.add(name);
    visit.push(...[...near.get(name)].sort().reverse());
  }
  return [...seen];
}

function hopsFrom(start, near, number) {
  const hops = new Float64Array(number.size);
  const far = new Map([[start, 0]]);
  for (const name of far.keys()) {
    for (const other of near.get(name)) if (!far.has(other)) far.set(other, far.get(name) + 1);
  }
  for (const [name, value] of far) hops[number.get(name)] = value;
  return hops;
}
