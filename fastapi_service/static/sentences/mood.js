/** The mood of a sentence, and how the moods of a talk go. The mirror of wta/mood.py (tests/golden/mood.json). Pure. */

export const MOODS = ["POSITIVE", "NEUTRAL", "NEGATIVE"];

const WEIGHT = 0.35; // of the newest value in a moving average; the value before it has 0.65 of that, and so on
const SPAN = 3; // sentences over which a direction is looked for
const STEADY = 0.1; // a smaller change than this is none

/**
 * What the page makes of a rating by the reader's own measure (docs/adr/page-unsure.md): `{mood, unsure}`. POSITIVE or
 * NEGATIVE with a score under `least` (0..1; 0: never) is shown as unsure and counted as NEUTRAL. `label` is what the
 * server said; null and undefined stay what they are.
 */
export function judged({ label, score }, least) {
  const unsure = (label === "POSITIVE" || label === "NEGATIVE") && Number.isFinite(score) && score < least;
  return { mood: unsure ? "NEUTRAL" : label, unsure };
}

/** The key of the word for a record's mood. */
export const moodKey = ({ mood, unsure }) => `mood.${unsure ? "UNSURE" : mood}`;

/**
 * "93 %". It is empty beside "unsure", where it would be read the wrong way round, and for a NEUTRAL that only says that
 * no feeling is more probable than not.
 */
export const shownScore = ({ score, unsure }) => (score > 0.5 && !unsure ? `${Math.round(score * 100)} %` : "");

/** A mood on a line from -1 (surely negative) to 1 (surely positive); null where there is none. */
export function moodValue({ mood, score }) {
  if (mood === "POSITIVE") return score ?? 1;
  if (mood === "NEGATIVE") return -(score ?? 1);
  return mood === "NEUTRAL" ? 0 : null;
}

/** Points `{at, value}` with each value replaced by a moving average, in which the newest one weighs most. */
export function smoothed(points) {
  let level = points[0]?.value;
  return points.map(({ at, value }) => ({ at, value: (level += WEIGHT * (value - level)) }));
}

/** How the mood went: a point `{at, value}` for each rated record, `at` the middle of its sentence in seconds. */
export function trend(records) {
  const rated = records.map((record) => ({ at: (record.start + record.end) / 2, value: moodValue(record) }));
  return smoothed(rated.filter(({ value }) => value !== null));
}

/** "UP", "DOWN" or "FLAT": where the trend has gone over the last few sentences. */
export function direction(points) {
  if (points.length < 2) return "FLAT";
  const change = points.at(-1).value - points.at(-Math.min(SPAN + 1, points.length)).value;
  if (Math.abs(change) < STEADY) return "FLAT";
  return change > 0 ? "UP" : "DOWN";
}
