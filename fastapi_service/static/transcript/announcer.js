/** Gives settled sentences to a screen reader: each once, with its mood. */

import { moodKey } from "../sentences/mood.js";

const READ_FOR_MS = 15_000; // then the line is removed, so that the transcript is not on the page twice
const MOOD_WAIT_MS = 3_000;

export class Announcer {
  #waiting = new Map(); // record -> timer

  constructor({ element, t }) {
    Object.assign(this, { element, t });
  }

  /** A record has changed: read it out when its text and mood are known, or when the mood takes too long. */
  announce(record) {
    if (record.announced) return;
    if (record.state === "failed") this.#say(record, this.t("transcript.failed"));
    else if (record.state !== "settled") return;
    else if (record.mood !== undefined) this.#say(record, this.#withMood(record));
    else if (!this.#waiting.has(record)) {
      this.#waiting.set(record, setTimeout(() => this.#say(record, record.text), MOOD_WAIT_MS));
    }
  }

  /** Read out words that are no sentence of a talk. */
  say(words) {
    this.#say({}, words);
  }

  #withMood({ text, mood, unsure }) {
    return mood ? `${text} ${this.t(moodKey({ mood, unsure }))}.` : text;
  }

  #say(record, words) {
    clearTimeout(this.#waiting.get(record));
    this.#waiting.delete(record);
    record.announced = true;
    const line = document.createElement("p");
    line.textContent = words;
    this.element.append(line);
    setTimeout(() => line.remove(), READ_FOR_MS);
  }
}
