// What is wrong, the worst first, each with what to choose to see more of it. Nothing is wrong: an empty list.

import { pairsOf, unreachedBy } from "./pairs.js";
import { count, linkName, switchState } from "./words.js";

const MOST_OF_ONE = 5;

/** `{mood, text, kind, id}` of everything that should not be as it is. */
export function problemsOf(store) {
  const atLeast = store.isUnderlayWhole ? "" : "at least ";
  const found = [
    ...grouped(lostSwitches(store), "switches have no session"),
    ...grouped(lostLinks(store), "links are missing"),
    ...grouped(unreached(store), "tunnel endpoints are out of reach"),
    ...grouped(pairs(store, "bad"), "ways between tunnel endpoints are broken", atLeast),
    ...grouped(refusals(store), "networks were refused by switches"),
    ...grouped(busySwitches(store), "switches are not in sync yet"),
    ...grouped(pairs(store, "busy"), "ways between tunnel endpoints are narrow", atLeast),
  ];
  const { blocked = 0, networks_without_key: keyless = 0 } = store.status ?? {};
  if (blocked) found.push({ mood: "bad", text: `${count(blocked, "port")} blocked: looped outside` });
  if (keyless) found.push({ mood: "busy", text: `${count(keyless, "network")} without a key` });
  return found;
}

function lostSwitches(store) {
  const lost = [...store.switches.values()].filter((row) => row.state !== "connected");
  return lost.map((row) => about("bad", "switch", row.name, `${row.name}: ${switchState(row).word}`));
}

function busySwitches(store) {
  const busy = [...store.switches.values()].filter((row) => switchState(row).mood === "busy");
  return busy.map((row) => about("busy", "switch", row.name, `${row.name}: ${switchState(row).word}`));
}

function unreached(store) {
  const found = [...store.switches.values()].filter((row) => row.state === "connected" && row.out_of_reach.length);
  return found.map((row) => about("bad", "switch", row.name, `${row.name}: endpoint out of reach by ${unreachedBy(row)}`));
}

function pairs(store, mood) {
  const found = pairsOf(store.underlay).filter((pair) => pair.mood === mood);
  return found.map((pair) => about(mood, "switch", pair.from, `${pair.id}: ${pair.text}`));
}

function lostLinks(store) {
  const lost = [...store.links.values()].filter((row) => row.state !== "up");
  const word = { gone: "just lost", down: "missing" };
  return lost.map((row) => about("bad", "link", row.id, `link ${linkName(row)}: ${word[row.state]}`));
}

function refusals(store) {
  const refused = store.networks.filter((row) => row.refused_by.length);
  return refused.map((row) => about("bad", "network", row.id, `${row.id}: refused by ${row.refused_by.join(", ")}`));
}

const about = (mood, kind, id, text) => ({ mood, kind, id, text });

/** A few of a kind are named; of many it is said how many there are. */
function grouped(found, noun, atLeast = "") {
  if (found.length <= MOST_OF_ONE) return found;
  const rest = found.length - MOST_OF_ONE + 1;
  return [...found.slice(0, MOST_OF_ONE - 1), { mood: found[0].mood, text: `and ${atLeast}${rest} more ${noun}` }];
}
