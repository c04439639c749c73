// From rows of the API to what is drawn: nodes and edges in Cytoscape's form, each with all that its look depends on. This
// is a function of what is known, so drawing is comparing with what is drawn already (`drawing.js`).
//
// Ids: `s:NAME` a switch, `l:LINK` a link, `underlay` what tunnels go through, `u:NAME` a switch's way into it,
// `e:ADDRESS` an endpoint outside, `p:PORT` a port, `w:NUMBER` a step of a frame's way.

import { pairsOf } from "./pairs.js";
import { latency, linkName, linkState, passing, speed, switchState } from "./words.js";

const FEW_LINKS = 60; // so many have figures written beside them

/** Elements by id: `{data, classes, position?}`. `places` are those of switches. */
export function fabricElements(store, places) {
  const found = new Map();
  for (const row of store.switches.values()) found.set(`s:${row.name}`, switchNode(row, places.get(row.name)));
  const links = [...store.links.values()].filter(
    (row) => store.switches.has(row.a_switch) && store.switches.has(row.b_switch),
  );
  const between = countBy(links, linkName);
  const usual = usualSpeed(links);
  for (const row of links) {
    const isAlone = between.get(linkName(row)) === 1;
    found.set(`l:${row.id}`, linkEdge(row, isAlone, links.length <= FEW_LINKS ? usual : null, places));
  }
  for (const [id, element] of underlayElements(store, places)) found.set(id, element);
  return found;
}

function switchNode(row, position) {
  const { mood, word } = switchState(row);
  const kind = row.ports || row.endpoint ? "host" : "transit";
  const classes = ["switch", kind, mood, row.draining && "draining", row.state === "missing" && "missing"];
  const says = row.draining ? `${row.name}\ndraining` : mood === "bad" ? `${row.name}\n${word}` : row.name;
  return { data: { id: `s:${row.name}`, kind: "switch", of: row.name, says }, classes: joined(classes), position };
}

/** The speed of most links: it is said once, and beside those that have another. */
export function usualSpeed(links) {
  const speeds = [...countBy(links, (row) => row.speed)];
  return speeds.sort(([, one], [, other]) => other - one)[0]?.[0] ?? null;
}

const figures = (row, kbits) =>
  [speed(kbits), row.cost !== 1 && `cost ${row.cost}`, latency(row.latency)].filter(Boolean);

/** All that is said of a link that has the mouse over it. */
export const saidOf = (row, load) => [linkName(row), passing(load), ...figures(row, row.speed)].filter(Boolean).join(" · ");

/** `usual` is the speed that is not written; null to write nothing. */
function linkEdge(row, isAlone, usual, places) {
  const { mood, word } = linkState(row);
  const other = row.speed === usual ? null : row.speed;
  const says = row.state !== "up" ? word : usual === null ? "" : figures(row, other).join(" · ");
  // From the lower one: figures are written there, as near spines all lines meet.
  const isUp = places.get(row.a_switch)?.y >= places.get(row.b_switch)?.y;
  const [low, high] = isUp ? [row.a_switch, row.b_switch] : [row.b_switch, row.a_switch];
  const data = {
    ...{ id: `l:${row.id}`, kind: "link", of: row.id, says },
    ...{ source: `s:${low}`, target: `s:${high}` },
    // 1 Gbit/s and less are thin, ten times as much is a little wider.
    width: 1.4 + 0.7 * Math.min(3, Math.max(0, Math.log10((row.speed ?? 1e6) / 1e6))),
  };
  const classes = ["link", mood, row.state, row.draining && "draining", isAlone ? "alone" : "parallel", usual === null && "many"];
  return { data, classes: joined(classes) };
}

/** A bar below everything, into which all switches with a tunnel endpoint lead. */
function underlayElements(store, places) {
  const members = [...store.switches.values()].filter((row) => row.endpoint && places.has(row.name));
  if (members.length < 2) return [];
  const all = [...places.values()];
  const xs = members.map((row) => places.get(row.name).x);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const position = { x: (left + right) / 2, y: Math.max(...all.map((at) => at.y)) + 110 };
  const data = { id: "underlay", kind: "underlay", says: "underlay", width: Math.max(160, right - left + 96) };
  const broken = new Set(pairsOf(store.underlay).filter(({ mood }) => mood === "bad").flatMap(({ from, to }) => [from, to]));
  const moodOf = (row) => (row.out_of_reach.length ? "bad" : broken.has(row.name) && "busy");
  return [
    ["underlay", { data, classes: "underlay", position }],
    ...members.map((row) => {
      const drop = { source: `s:${row.name}`, target: "underlay", x: places.get(row.name).x - position.x };
      return [`u:${row.name}`, { data: { id: `u:${row.name}`, kind: "tunnel", ...drop }, classes: joined(["tunnel", moodOf(row)]) }];
    }),
  ];
}

function countBy(rows, key) {
  const counts = new Map();
  for (const row of rows) counts.set(key(row), (counts.get(key(row)) ?? 0) + 1);
  return counts;
}

export const joined = (classes) => classes.filter(Boolean).join(" ");
