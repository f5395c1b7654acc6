/** The figures of a talk, from its records. Pure. */

import { MOODS } from "./mood.js";

const UNSPACED = "\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}\\p{sc=Tibetan}";
const PIECE = new RegExp(`[${UNSPACED}][\\p{M}ー]*|[^\\s${UNSPACED}]+`, "gu");

/** How many words a text has. Of a script without spaces each character counts as one, as in wta/words.py. Pure. */
export const countWords = (text) => (text.match(PIECE) ?? []).filter((piece) => /[\p{L}\p{N}]/u.test(piece)).length;

const wordsOf = (records) => records.reduce((sum, { text }) => sum + countWords(text), 0);
const secondsOf = (records) => records.reduce((sum, { start, end }) => sum + Math.max(0, end - start), 0);

function paceOf(records) {
  const seconds = secondsOf(records);
  return seconds > 0 ? Math.round((wordsOf(records) * 60) / seconds) : null;
}

/** `[[language, words a minute], …]`, the language that was spoken longest first. */
function pacesOf(records) {
  const languages = [...new Set(records.map(({ language }) => language).filter(Boolean))];
  const byLanguage = languages.map((code) => [code, records.filter(({ language }) => language === code)]);
  byLanguage.sort(([, one], [, other]) => secondsOf(other) - secondsOf(one));
  return byLanguage.map(([code, spoken]) => [code, paceOf(spoken)]);
}

/**
 * `{words, spokenSeconds, wordsPerMinute, paces, moods: {label: count}, shares: {label: 0..1}, rated, failed}`: of settled
 * sentences, but `failed` counts those that could not be written down. `paces` has the words a minute of each language.
 * What is not known yet is null.
 */
export function summarise(records) {
  const settled = records.filter(({ state }) => state === "settled");
  const words = wordsOf(settled);
  const spokenSeconds = secondsOf(settled);
  const moods = Object.fromEntries(MOODS.map((mood) => [mood, settled.filter((each) => each.mood === mood).length]));
  const rated = MOODS.reduce((sum, mood) => sum + moods[mood], 0);
  const shares = Object.fromEntries(MOODS.map((mood) => [mood, rated ? moods[mood] / rated : null]));
  const wordsPerMinute = paceOf(settled);
  const failed = records.filter(({ state }) => state === "failed").length;
  return { words, spokenSeconds, wordsPerMinute, paces: pacesOf(settled), moods, shares, rated, failed };
}
