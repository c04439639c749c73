// How the drawing looks, in the colours of the page: they are read from the CSS, so that light and dark are decided there.

import { wayStyle } from "./way_elements.js";

const TOP = { "z-compound-depth": "top" }; // over the veil

/** From far away what is chosen is drawn larger, or its name could not be read; a function of the node, for a style. */
const scaled = (size) => (node) => size * magnification(node.cy());

/** How much larger. */
export const magnification = (cy) => Math.min(2, Math.max(1, 0.8 / cy.zoom()));

/** Cytoscape's style for the colours that are in force. */
export function styleNow() {
  const css = getComputedStyle(document.documentElement);
  const colour = (name) => css.getPropertyValue(`--${name}`).trim();
  const [ink, soft, line, surface] = ["ink", "soft", "line", "surface"].map(colour);
  const [good, busy, bad, accent, canvas] = ["good", "busy", "bad", "accent", "canvas"].map(colour);
  const font = css.getPropertyValue("--font").trim();
  const moods = { good, busy, bad };
  return [
    ...nodes({ ink, soft, line, surface, font, host: colour("host"), hostLine: colour("host-line") }),
    ...edges({ soft, canvas, font, wire: colour("wire") }),
    ...[1, 2, 3, 4].flatMap((level) => loaded(level, colour(`load-${level}`))),
    { selector: "node.draining", style: { "border-style": "dashed", "border-color": busy } },
    { selector: "node.switch.busy", style: { "border-color": busy, "border-width": 2 } },
    { selector: "node.switch.bad", style: { "border-color": bad, "border-width": 2, color: bad } },
    { selector: "edge.tunnel.busy", style: { "line-color": busy, width: 2, opacity: 1 } },
    { selector: "edge.tunnel.bad", style: { "line-color": bad, width: 2, opacity: 1 } },
    { selector: "node.missing", style: { "border-style": "dashed", "background-color": canvas } },
    { selector: "edge.link.draining", style: { "line-style": "dashed", "line-color": moods.busy } },
    {
      selector: "edge.link.bad",
      style: { "line-color": bad, color: bad, width: 3, "z-index": 5, opacity: 1 },
    },
    { selector: "edge.link.down", style: { "line-style": "dashed", "line-dash-pattern": [6, 5], width: 2 } },
    ...chosen({ accent, bad, ink, canvas, tint: colour("tint") }),
    ...wayStyle({ accent, good, bad, busy, surface, ink, font }),
  ];
}

function nodes({ ink, soft, line, surface, font, host, hostLine }) {
  const text = { "font-family": font, "text-valign": "center", "text-halign": "center", "text-wrap": "wrap" };
  return [
    {
      selector: "node",
      style: { ...text, label: "data(says)", color: ink, "font-size": 13, "min-zoomed-font-size": 5 },
    },
    {
      selector: "node.switch",
      style: {
        ...{ shape: "round-rectangle", width: 96, height: 40, "corner-radius": 8, "font-weight": 500 },
        ...{ "background-color": surface, "border-width": 1.25, "border-color": line, "line-height": 1.15 },
      },
    },
    { selector: "node.host", style: { "background-color": host, "border-color": hostLine } },
    {
      selector: "node.underlay",
      style: {
        ...{ shape: "round-rectangle", "corner-radius": 14, width: "data(width)", height: 28, "font-size": 11 },
        ...{ "background-opacity": 0, "border-width": 1.25, "border-color": line, "border-style": "dashed", color: soft },
      },
    },
  ];
}

function edges({ soft, canvas, font, wire }) {
  return [
    {
      selector: "edge.link",
      style: {
        ...{ width: "data(width)", "line-color": wire, color: soft, "font-family": font, "font-size": 10 },
        ...{ "source-label": "data(says)", "source-text-offset": 30, "source-text-rotation": "autorotate" },
        ...{ label: "", "min-zoomed-font-size": 8, "text-events": "no" },
        ...{ "text-background-color": canvas, "text-background-opacity": 1, "text-background-padding": 2 },
      },
    },
    { selector: "edge.alone", style: { "curve-style": "straight" } },
    // Many are drawn the quickest way: from centre to centre.
    { selector: "edge.alone.many", style: { "curve-style": "haystack", "haystack-radius": 0, width: 1, opacity: 0.4 } },
    { selector: "edge.parallel", style: { "curve-style": "bezier", "control-point-step-size": 22 } },
    {
      selector: "edge.tunnel",
      style: {
        ...{ width: 1, "line-color": wire, "line-style": "dashed", "curve-style": "straight", opacity: 0.7 },
        "target-endpoint": (edge) => `${edge.data("x")}px -14px`,
      },
    },
  ];
}

/** A link that carries much is wider, and of a colour of its own. */
function loaded(level, colour) {
  const more = [0.4, 1.2, 2.2, 3.4][level - 1];
  return [
    { selector: `edge.load${level}`, style: { "line-color": colour, width: (edge) => edge.data("width") + more } },
    { selector: `edge.many.load${level}`, style: { width: 1 + more / 2, opacity: 1, "z-index": level } },
  ];
}

function chosen({ accent, bad, ink, canvas, tint }) {
  return [
    // A veil over all that is not lit is one thing to draw; to fade a thousand lines would be a thousand.
    {
      selector: "node.veil",
      style: {
        ...{ shape: "rectangle", width: "data(width)", height: "data(height)", "background-color": canvas },
        ...{ "background-opacity": 0.7, "border-width": 0, label: "", events: "no", ...TOP, "z-index": 1 },
        "z-index-compare": "manual",
      },
    },
    { selector: "node.via", style: { "border-color": accent, "border-width": 1.5, "z-index": 9 } },
    { selector: ".bad, .on, .via, .way, .attached, .port, .outside, .stop, .hover", style: TOP },
    {
      selector: "node.on",
      style: { "border-color": accent, "border-width": 2.5, "background-color": tint, color: ink, "z-index": 9 },
    },
    {
      selector: "node.switch.large",
      style: { width: scaled(96), height: scaled(40), "font-size": scaled(13), "corner-radius": scaled(8) },
    },
    { selector: "edge.on", style: { "line-color": accent, width: 3, "z-index": 8, opacity: 1 } },
    {
      selector: "edge.hover",
      style: {
        ...{ label: "data(said)", "source-label": "", color: ink, "min-zoomed-font-size": 0 },
        "font-size": (edge) => 12 / edge.cy().zoom(),
        ...{ "text-background-padding": 4, "z-index": 30, opacity: 1 },
      },
    },
    { selector: "edge.link.bad.on", style: { "line-color": bad, "line-style": "dashed" } },
    { selector: "node:active, edge:active", style: { "overlay-opacity": 0.06 } },
    { selector: "core", style: { "active-bg-opacity": 0, "selection-box-opacity": 0, "outside-texture-bg-color": canvas } },
  ];
}
