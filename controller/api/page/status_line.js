// The head of the page: whether all is well, first; then version, uptime and counts. And what is wrong, in a list that is
// not there when nothing is.

import { choose } from "./choice.js";
import { byId, dot, make, nameButton } from "./dom.js";
import { problemsOf } from "./problems.js";
import { count, duration, number } from "./words.js";

export class StatusLine {
  constructor(store) {
    this._store = store;
    this._isListening = false;
    this._shown = "";
  }

  /** Whether events are being followed. */
  listening(isListening) {
    this._isListening = isListening;
    this.update();
  }

  /** Show what is known now. */
  update() {
    const { status, problem } = this._store;
    if (!status && !problem) return;
    const problems = problemsOf(this._store);
    if (problem) problems.unshift({ mood: "bad", text: problem });
    this._verdict(problems, Boolean(status));
    this._problems(problems);
    const isLive = this._isListening && !problem;
    byId("live").className = `live ${isLive ? "good" : "bad"}`;
    byId("live").textContent = isLive ? "live" : "connecting";
    if (status) this._figures(status);
  }

  _verdict(problems, isKnown) {
    const worst = problems.some(({ mood }) => mood === "bad") ? "bad" : problems.length ? "busy" : "good";
    const verdict = problems.length ? count(problems.length, "thing") + " to look at" : "All as it should be";
    byId("verdict").className = `verdict ${worst}`;
    byId("verdict").textContent = isKnown ? verdict : "No answer";
  }

  _figures(status) {
    const pairs = [
      ["switches", `${number(status.in_sync)}/${number(status.switches)} in sync`],
      ["links", number(status.links)],
      ["networks", number(status.networks)],
      ["up", duration(status.uptime_seconds)],
    ];
    byId("figures").replaceChildren(
      ...pairs.map(([name, value]) => make("span", {}, `${name} `, make("b", {}, value))),
    );
    byId("version").textContent = status.version;
  }

  _problems(problems) {
    const shown = JSON.stringify(problems);
    if (shown === this._shown) return;
    this._shown = shown;
    byId("problems").hidden = problems.length === 0;
    byId("problem-list").replaceChildren(
      ...problems.map(({ mood, text, kind, id }) =>
        make("li", {}, dot(mood, mood), kind ? nameButton(text, () => choose(kind, id)) : make("span", {}, text)),
      ),
    );
  }
}
