/** The page's words in the reader's language. */

import { ENGLISH } from "./en.js";
import { KOREAN } from "./ko.js";

const LANGUAGES = { en: ENGLISH, ko: KOREAN };

/** The reader's own choice, or the first language of the browser's list that this page speaks; English otherwise. */
export function pickLanguage(chosen, preferred = []) {
  const wanted = [chosen, ...preferred].filter(Boolean).map((tag) => tag.slice(0, 2).toLowerCase());
  return wanted.find((tag) => Object.hasOwn(LANGUAGES, tag)) ?? "en";
}

/** A function `t(key, {name: value})`: the text of `key` with its {names} filled in, or the key where there is no text. */
export function translator(language, languages = LANGUAGES) {
  const texts = languages[language];
  return (key, values = {}) => {
    const pattern = texts[key] ?? languages.en[key] ?? key;
    return pattern.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  };
}

/** Whether there is a text for `key`. */
export const hasText = (key) => Object.hasOwn(ENGLISH, key);

/** Write the texts into all elements that name their key: data-text (content), data-label (aria-label), data-title (title). */
export function applyTexts(root, t) {
  for (const element of root.querySelectorAll("[data-text]")) element.textContent = t(element.dataset.text);
  for (const element of root.querySelectorAll("[data-label]")) element.setAttribute("aria-label", t(element.dataset.label));
  for (const element of root.querySelectorAll("[data-title]")) element.title = t(element.dataset.title);
}
