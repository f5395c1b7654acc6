/** The page's language: the reader's own choice, which is remembered, or else what their browser prefers. */

import { browserStorage } from "../lib/storage.js";
import { applyTexts, pickLanguage, translator } from "../texts/texts.js";

const KEY = "language";

export class LanguageSwitch {
  /** `t(key, values)`: the words of the current language, see translator. */
  t = (key, values) => translator(this.language, this.texts)(key, values);

  /** `texts`: see translator; `onChange()`: the page's own words are written anew, and its parts have to follow. */
  constructor({ button, texts, onChange }) {
    Object.assign(this, { button, texts, onChange });
    this.language = pickLanguage(browserStorage.recall(KEY), navigator.languages);
    button.addEventListener("click", () => {
      this.language = this.#other;
      browserStorage.remember(KEY, this.language);
      this.apply();
    });
  }

  /** Write the page in its language. */
  apply() {
    document.documentElement.lang = this.language;
    this.button.lang = this.#other;
    applyTexts(document, this.t);
    this.onChange();
  }

  get #other() {
    return this.language === "ko" ? "en" : "ko";
  }
}
