// Numbers and states in words, the same everywhere on the page.

const SEGMENTS = { vlan: "VLAN", vxlan: "VXLAN", geneve: "Geneve", gre: "GRE" };
const NUMBER = new Intl.NumberFormat("en");

/** 10000 -> "10,000". */
export const number = (value) => NUMBER.format(value);

/** 1, "link" -> "1 link"; 2, "link" -> "2 links"; `plural` where it is not made by an s. */
export const count = (value, noun, plural = `${noun}s`) => `${number(value)} ${value === 1 ? noun : plural}`;

/** Kbit/s -> "10 Gbit/s". */
export function speed(kbits) {
  if (!kbits) return null;
  const [unit, per] = kbits >= 1e6 ? ["Gbit/s", 1e6] : kbits >= 1e3 ? ["Mbit/s", 1e3] : ["kbit/s", 1];
  return `${number(Math.round((kbits / per) * 10) / 10)} ${unit}`;
}

/** Bits of a second -> "12.3 Mbit/s". */
export const rate = (bits) => (bits < 1000 ? `${Math.round(bits)} bit/s` : speed(bits / 1000));

/** What passes over a link: "12 Mbit/s →, 3 Mbit/s ←"; null where that is not known. */
export const passing = (load) => load && `${rate(load.bits_a_to_b)} →, ${rate(load.bits_b_to_a)} ←`;

/** How much of its speed that takes: "1 % of 10 Gbit/s". */
export function share(load) {
  if (load?.load == null) return null;
  const percent = load.load > 0 && load.load < 0.01 ? "less than 1" : Math.round(100 * load.load);
  return `${percent} % of ${speed(load.speed)}`;
}

/** Seconds -> "0.42 ms". */
export function latency(seconds) {
  if (seconds == null) return null;
  const ms = seconds * 1000;
  return ms < 0.01 ? "< 0.01 ms" : `${ms < 10 ? ms.toFixed(2) : Math.round(ms)} ms`;
}

/** Seconds -> "3 d 4 h": the two largest units. */
export function duration(seconds) {
  const parts = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const from = parts.findIndex(([, per]) => seconds >= per);
  if (from < 0) return "0 s";
  let rest = Math.floor(seconds);
  const said = [];
  for (const [unit, per] of parts.slice(from, from + 2)) {
    if (Math.floor(rest / per)) said.push(`${Math.floor(rest / per)} ${unit}`);
    rest %= per;
  }
  return said.join(" ");
}

/** The time of day of an event, in the reader's own zone. */
export const clock = (time) => new Date(time).toLocaleTimeString("en-GB");

/** "vlan", 101 -> "VLAN 101". */
export function segment(network) {
  if (!network.segment) return "no key yet";
  return `${SEGMENTS[network.segment]} ${network.key}`;
}

/** "vxlan" -> "VXLAN". */
export const overlay = (encapsulation) => SEGMENTS[encapsulation];

/** How a switch is: a word, and a mood (`good`, `busy`, `bad`, `none`) for its colour. */
export function switchState(row) {
  if (row.state === "missing") return { word: "never seen", mood: "bad" };
  if (row.state === "away") return { word: "no session", mood: "bad" };
  if (row.out_of_reach.length) return { word: "out of reach", mood: "bad" };
  if (row.sync === "in sync") return { word: "in sync", mood: "good" };
  return { word: row.sync ?? "connected", mood: "busy" };
}

/** The same of a link. */
export function linkState(row) {
  if (row.state === "gone") return { word: "just lost", mood: "bad" };
  if (row.state === "down") return { word: "missing", mood: "bad" };
  return row.draining ? { word: "up, draining", mood: "busy" } : { word: "up", mood: "good" };
}

/** The same of a port. */
export function portState(row) {
  if (row.blocked_on.length) return { word: "blocked: looped outside", mood: "bad" };
  return { word: row.state, mood: { up: "good", down: "bad", missing: "bad", outside: "none" }[row.state] };
}

/** The name of a link without its interfaces: "leaf1 ↔ spine2". */
export const linkName = (row) => `${row.a_switch} ↔ ${row.b_switch}`;
