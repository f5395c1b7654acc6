/** The page's language: the one that the reader has chosen and this browser remembers, or else the browser's own. */

import { browserStorage } from "../lib/storage.js";
import { applyTexts, pickLanguage, translator } from "../texts/texts.js";

const KEY = "language";

export class LanguageSwitch {
  /** `t(key, values)`: the words of `key` in the page's language (see translator). */
  t = (key, values) => translator(this.current, this.texts)(key, values);

  /** `texts`: all languages, see translator; `onChange()`: the language has changed, and parts of the page must follow. */
  constructor({ button, texts, onChange }) {
    Object.assign(this, { button, texts, onChange });
    this.current = pickLanguage(browserStorage.recall(KEY), navigator.languages);
    button.addEventListener("click", () => {
      this.current = this.#other;
      browserStorage.remember(KEY, this.current);
      this.apply();
    });
  }

  /** Write the page's words in its language. */
  apply() {
    document.documentElement.lang = this.current;
    this.button.lang = this.#other;
    applyTexts(document, this.t);
    this.onChange();
  }

  /** The language that the button offers. */
  get #other() {
    return this.current === "ko" ? "en" : "ko";
  }
}
