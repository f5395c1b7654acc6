/** One sentence on the page. Its card stays where it is from the first sound to the mood, so that nothing jumps. */

import { fillDetails } from "./card-details.js";
import { icon, make } from "../lib/dom.js";
import { clock } from "../lib/time.js";
import { moodKey, shownScore } from "../sentences/mood.js";
import { languageName } from "../texts/language-name.js";

export class Card {
  #moodShown = null;

  constructor(record, t) {
    this.t = t;
    this.time = make("span", { class: "card-time" });
    this.solid = make("span", { class: "solid" });
    this.pale = make("span", { class: "pale" });
    this.text = make("p", { class: "card-text" }, this.solid, this.pale);
    this.mood = make("span", { class: "mood" });
    this.details = make("details", { class: "card-details" });
    this.note = make("p", { class: "card-note", hidden: true });
    const main = make("div", { class: "card-main" }, this.text, this.note, this.details);
    this.element = make("li", { class: "card", "data-seq": record.seq }, this.time, main, this.mood);
    this.details.addEventListener("toggle", () => this.#openDetails());
    this.update(record);
  }

  update(record) {
    this.record = record;
    this.element.dataset.state = record.state;
    if (record.mood) this.element.dataset.mood = record.mood;
    if (record.start !== undefined) this.time.textContent = clock(record.start);
    this.#writeText(record);
    this.#writeNote(record);
    this.#writeMood(record);
    this.details.hidden = record.state !== "settled";
    if (record.state === "settled" && !this.details.firstChild) {
      const words = this.t("details.open", { seq: record.seq });
      this.details.append(make("summary", { "aria-label": words, title: words }, icon("more")));
    }
    if (this.details.open) this.#openDetails();
  }

  #writeText({ state, text, stableChars, problem }) {
    const settled = state === "settled";
    const solid = settled ? text : text.slice(0, stableChars);
    let pale = settled ? "" : text.slice(stableChars);
    if (state === "failed") pale = `${text ? " " : ""}${this.#failure(problem)}`;
    else if (!settled && !text) pale = this.t(`transcript.${state}`);
    if (this.solid.textContent !== solid) this.solid.textContent = solid;
    if (this.pale.textContent !== pale) this.pale.textContent = pale;
  }

  #writeNote({ foreign, translated, language }) {
    this.note.hidden = !foreign && !translated;
    if (this.note.hidden) return;
    const reader = document.documentElement.lang;
    const words = foreign
      ? this.t("transcript.foreign", { name: languageName("en", reader) })
      : this.t("transcript.translated", { name: languageName(language, reader) });
    if (this.note.textContent !== words) this.note.textContent = words;
  }

  #failure(problem) {
    const words = problem === "unanswered" || problem === "forgotten" ? this.t("problem.unanswered") : problem;
    return `${this.t("transcript.failed")} ${words}`;
  }

  #writeMood({ state, mood, unsure, score, reason }) {
    const shown = state === "settled" ? `${mood} ${unsure} ${score}` : state;
    if (shown === this.#moodShown) return;
    this.#moodShown = shown;
    if (state === "failed") this.mood.replaceChildren(icon("failed"));
    else if (state !== "settled") this.mood.replaceChildren();
    else if (mood === undefined) this.mood.replaceChildren(this.#words("mood-waiting", "mood.waiting"));
    else if (mood === null) this.#writeNoMood(reason);
    else this.#writeKnownMood({ mood, unsure, score });
  }

  #writeNoMood(reason) {
    const words = this.#words("mood-none", "mood.none");
    if (reason) words.title = reason;
    this.mood.replaceChildren(words);
  }

  #writeKnownMood({ mood, unsure, score }) {
    const parts = [icon(mood.toLowerCase()), this.#words("mood-name", moodKey({ mood, unsure }))];
    const percent = shownScore({ score, unsure });
    if (percent) parts.push(make("span", { class: "mood-score" }, percent));
    this.mood.replaceChildren(...parts);
  }

  /** Words that change with the reader's language (applyTexts finds them by their key). */
  #words(name, key) {
    return make("span", { class: name, "data-text": key }, this.t(key));
  }

  #openDetails() {
    if (this.details.open) fillDetails(this.details, this.record, this.t);
  }
}
