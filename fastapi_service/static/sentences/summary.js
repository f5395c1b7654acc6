/** The figures of a talk, from its records. Pure. */

import { MOODS } from "./mood.js";

const countWords = (text) => text.split(/\s+/u).filter(Boolean).length;

/**
 * `{words, spokenSeconds, wordsPerMinute, moods: {label: count}, shares: {label: 0..1}, rated, failed}`: of settled
 * sentences, but `failed` counts those that could not be written down. What is not known yet is null.
 */
export function summarise(records) {
  const settled = records.filter(({ state }) => state === "settled");
  const words = settled.reduce((sum, { text }) => sum + countWords(text), 0);
  const spokenSeconds = settled.reduce((sum, { start, end }) => sum + Math.max(0, end - start), 0);
  const moods = Object.fromEntries(MOODS.map((mood) => [mood, settled.filter((each) => each.mood === mood).length]));
  const rated = MOODS.reduce((sum, mood) => sum + moods[mood], 0);
  const shares = Object.fromEntries(MOODS.map((mood) => [mood, rated ? moods[mood] / rated : null]));
  const wordsPerMinute = spokenSeconds > 0 ? Math.round((words * 60) / spokenSeconds) : null;
  const failed = records.filter(({ state }) => state === "failed").length;
  return { words, spokenSeconds, wordsPerMinute, moods, shares, rated, failed };
}
