/** The newest words of a talk, as they are spoken. */

import { make } from "../lib/dom.js";
import { Utterances } from "../sentences/utterances.js";

const SHOWN = 3; // sentences; more never fit into the lines
const GONE_AFTER_MS = 12_000;

export class Captions {
  #utterances = new Utterances();
  #gone;

  /** `words`: the element that holds them. */
  constructor({ words }) {
    this.words = words;
  }

  /** Apply one of the session's events. */
  apply(message) {
    if (this.#utterances.apply(message).length > 0) this.#show();
  }

  #show() {
    const said = this.#utterances.ordered().filter(({ text, state }) => text && state !== "failed").slice(-SHOWN);
    const spans = said.map(({ text, state }) => make("span", { class: state === "settled" ? null : "open" }, text));
    this.words.replaceChildren(...spans.flatMap((span) => [span, " "]));
    clearTimeout(this.#gone);
    this.#gone = setTimeout(() => this.words.replaceChildren(), GONE_AFTER_MS);
  }
}
