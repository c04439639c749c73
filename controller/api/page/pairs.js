// What is wrong on the ways between tunnel endpoints, in words: of each direction between two switches all encapsulations
// together.

import { number, overlay } from "./words.js";

/** `{id, from, to, mood, text}` of each direction between two switches; `rows` are those of `underlay`. */
export function pairsOf(rows) {
  const found = new Map();
  for (const row of rows.filter(({ to }) => to)) {
    const id = `${row.switch} → ${row.to}`;
    const pair = found.get(id) ?? { id, from: row.switch, to: row.to, mood: "busy", text: "" };
    const word = row.state === "narrow" ? `passes at most ${number(row.passes)} bytes` : row.state;
    if (row.state !== "narrow") pair.mood = "bad";
    pair.text += `${pair.text && ", "}${overlay(row.encapsulation)} ${word}`;
    found.set(id, pair);
  }
  return [...found.values()];
}

/** The encapsulations by which a switch's endpoint is out of reach: "VXLAN, GRE"; nothing when it is not. */
export const unreachedBy = (row) => row.out_of_reach.map(overlay).join(", ");
