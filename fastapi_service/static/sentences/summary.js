/** Figures of a talk, from its records: pure. */

export const MOODS = ["POSITIVE", "NEUTRAL", "NEGATIVE"];

export const countWords = (text) => text.split(/\s+/u).filter(Boolean).length;

/** A mood on a line from -1 (surely negative) to 1 (surely positive); null where there is none. */
export function moodValue({ mood, score }) {
  if (mood === "POSITIVE") return score ?? 1;
  if (mood === "NEGATIVE") return -(score ?? 1);
  return mood === "NEUTRAL" ? 0 : null;
}

/** `{words, spokenSeconds, wordsPerMinute, moods: {label: count}, shares: {label: 0..1}, failed}`; null: not known yet. */
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

/**
 * The mood's course: a moving average that weighs the newest sentence with `weight`, as wta/mood.py has it. One value a
 * rated record.
 */
export function trend(records, weight = 0.35) {
  const points = [];
  for (const record of records) {
    const value = moodValue(record);
    if (value === null) continue;
    const before = points.at(-1)?.value ?? value;
    points.push({ at: (record.start + record.end) / 2, value: before + weight * (value - before) });
  }
  return points;
}
