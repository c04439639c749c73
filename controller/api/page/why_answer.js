// The answer to "why" in words: the verdict, what else is in the way, what each table did, and the way back.

import { dot, make } from "./dom.js";

const MOODS = { delivered: "good", flooded: "busy", blocked: "bad", unknown: "busy" };

/** Elements that tell an answer, without those that it gives no reason for. */
export const told = (answer) => [verdict(answer), beside(answer), steps(answer), back(answer)].filter(Boolean);

function verdict({ verdict, text }) {
  return make("p", { class: `verdict-line ${MOODS[verdict] ?? "busy"}` }, make("b", {}, verdict), ` ${rest(verdict, text)}`);
}

/** The text without the verdict that it begins with. */
function rest(verdict, text) {
  const words = text.startsWith(verdict) ? text.slice(verdict.length).replace(/^[:,]\s*/, "") : text;
  return words.replaceAll(" -> ", " → ");
}

/** What else is in the way, and what may differ from what was computed. */
function beside({ causes, notes }) {
  const said = [...causes.slice(1).map((text) => ["also", text]), ...notes.map((text) => ["note", text])];
  return said.length ? make("ul", { class: "beside" }, said.map(([kind, text]) => make("li", {}, `${kind}: ${text}`))) : null;
}

function steps({ steps }) {
  if (!steps?.length) return null;
  const rows = steps.map((step) =>
    make(
      "li",
      {},
      make("span", { class: "where" }, `${step.switch} · ${step.table}`),
      make("span", {}, step.reason),
      step.flow && make("code", {}, step.flow),
    ),
  );
  return make("details", { class: "steps" }, make("summary", {}, `${steps.length} steps`), make("ol", {}, rows));
}

function back({ back }) {
  if (!back) return null;
  const text = rest(back.verdict, back.text);
  return make("p", { class: "back" }, dot(MOODS[back.verdict] ?? "busy", back.verdict), ` Back: ${back.verdict}, ${text}`);
}
