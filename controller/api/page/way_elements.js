// An answer to "why" as elements of the drawing: both ports beside their switches, and an arrow for each hop. Where a frame
// ends that is not delivered, a sign stands. And how all of that looks.

const BESIDE = 50; // px

/** `{on, extras}` for `Lighting.show`. `placeOf` gives the place of a switch. */
export function wayElements({ verdict, from, to, hops = [] }, placeOf) {
  const names = hops.map((hop) => hop.switch);
  const on = new Set([...names, from?.switch, to?.switch].filter(Boolean).map((name) => `s:${name}`));
  const arrived = verdict === "delivered" || verdict === "flooded";
  const isSame = from?.switch === to?.switch;
  const extras = [...portAt(from, placeOf, isSame ? -BESIDE : 0), ...portAt(to, placeOf, isSame ? BESIDE : 0)];
  names.slice(1).forEach((name, index) => {
    if (name === names[index]) return;
    const ends = { source: `s:${names[index]}`, target: `s:${name}` };
    extras.push({ data: { id: `w:${index}`, ...ends }, classes: `way ${verdict}` });
  });
  const last = names.at(-1) ?? from?.switch;
  const place = last && placeOf(last);
  if (!arrived && place) {
    const position = { x: place.x, y: place.y - 38 };
    extras.push({ data: { id: "stop", says: verdict === "blocked" ? "stopped here" : "not known" }, classes: `stop ${verdict}`, position });
  }
  return { on: [...on], extras };
}

function portAt(end, placeOf, aside) {
  const place = end?.switch && placeOf(end.switch);
  if (!place) return [];
  const name = end.port ?? end.mac;
  const [node, position] = [`p:${name}`, { x: place.x + aside, y: place.y + 48 }];
  return [
    { data: { id: node, says: name }, classes: "port", position },
    { data: { id: `${node}:way`, source: node, target: `s:${end.switch}` }, classes: "attached" },
  ];
}

/** How they look, in the colours of the page. */
export function wayStyle({ accent, good, bad, busy, surface, ink, font }) {
  const arrow = { "curve-style": "bezier", "target-arrow-shape": "triangle", "arrow-scale": 1.1 };
  const colours = (colour) => ({ "line-color": colour, "target-arrow-color": colour });
  return [
    {
      selector: "node.port, node.outside",
      style: {
        ...{ shape: "round-rectangle", "corner-radius": 12, width: 84, height: 26, "font-size": 11, "font-family": font },
        ...{ "background-color": surface, "border-width": 1.5, "border-color": accent, color: ink, "z-index": 10 },
      },
    },
    { selector: "node.outside", style: { width: 120, "border-style": "dashed" } },
    {
      selector: "node.stop",
      style: {
        ...{ shape: "round-rectangle", "corner-radius": 11, width: 92, height: 22, "font-size": 11, "font-weight": 600 },
        ...{ "background-color": busy, color: surface, "font-family": font, "z-index": 30 },
      },
    },
    { selector: "node.stop.blocked", style: { "background-color": bad } },
    { selector: "edge.way", style: { ...arrow, ...colours(good), width: 4, "z-index": 20 } },
    { selector: "edge.way.blocked", style: colours(bad) },
    { selector: "edge.way.flooded, edge.way.unknown", style: colours(busy) },
    { selector: "edge.attached", style: { width: 2, "line-color": accent, "curve-style": "straight" } },
  ];
}
