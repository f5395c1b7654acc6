/** Figures of a talk on the page: words, pace, time, and the share of each mood. */

import { icon, make } from "../lib/dom.js";
import { MOODS } from "../sentences/mood.js";
import { clock } from "../lib/time.js";

const percent = (share) => (share === null ? "–" : `${Math.round(share * 100)} %`);

export class Figures {
  /** `nameOf(code)`: the name of a language in the reader's own. */
  constructor({ element, t, nameOf }) {
    Object.assign(this, { t, nameOf });
    this.words = element.querySelector("[data-stat=words]");
    this.pace = element.querySelector("[data-stat=wpm]");
    this.paces = element.querySelector("[data-stat=wpm-by-language]");
    this.spoken = element.querySelector("[data-stat=spoken]");
    this.moods = element.querySelector("[data-stat=moods]");
    this.shares = new Map(MOODS.map((mood) => [mood, this.#moodRow(mood)]));
  }

  /** See summarise. */
  show({ words, wordsPerMinute, paces, spokenSeconds, shares }) {
    this.words.textContent = String(words);
    this.pace.textContent = wordsPerMinute === null ? "–" : String(wordsPerMinute);
    this.paces.hidden = paces.length < 2;
    this.paces.textContent = paces.map(([code, pace]) => `${this.nameOf(code)} ${pace ?? "–"}`).join(" · ");
    this.spoken.textContent = clock(spokenSeconds);
    for (const [mood, { bar, value }] of this.shares) {
      bar.style.transform = `scaleX(${shares[mood] ?? 0})`;
      value.textContent = percent(shares[mood]);
    }
  }

  #moodRow(mood) {
    const bar = make("span", { class: `share-bar share-${mood}` });
    const value = make("span", { class: "share-value" }, "–");
    this.moods.append(make("li", { class: "share", "data-mood": mood },
      icon(mood.toLowerCase()), make("span", { class: "share-name", "data-text": `mood.${mood}` }, this.t(`mood.${mood}`)),
      make("span", { class: "share-track" }, bar), value));
    return { bar, value };
  }
}
