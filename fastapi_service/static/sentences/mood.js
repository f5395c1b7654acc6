/** The mood of a sentence, and how the moods of a talk go. The mirror of wta/mood.py (tests/golden/mood.json). Pure. */

export const MOODS = ["POSITIVE", "NEUTRAL", "NEGATIVE"];

const WEIGHT = 0.35; // of the newest value in a moving average; the value before it has 0.65 of that, and so on
const FELT = 5; // ticks for which a sentence with a feeling counts
const FACT = 1; // ticks for which a neutral one counts: facts between feelings do not undo them
const SPAN = 3 * FELT; // ticks over which a direction is looked for
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

/**
 * Points `{at, value, ticks}` with each value replaced by a moving average: `{at, value, clock, change}`. `clock` has the
 * ticks until then, and `change` is what a feeling changed in the average; facts calm it, and that is no change.
 */
export function smoothed(points) {
  let level = points[0]?.value;
  let clock = 0;
  return points.map(({ at, value, ticks = FELT }) => {
    const before = level;
    level += (1 - (1 - WEIGHT) ** (ticks / FELT)) * (value - before);
    return { at, value: level, clock: (clock += ticks), change: ticks === FELT ? level - before : 0 };
  });
}

/** How the mood went: a point of `smoothed` for each rated record, `at` the middle of its sentence in seconds. */
export function trend(records) {
  const rated = records.map((record) => ({
    at: (record.start + record.end) / 2, value: moodValue(record), ticks: record.mood === "NEUTRAL" ? FACT : FELT,
  }));
  return smoothed(rated.filter(({ value }) => value !== null));
}

/** "UP", "DOWN" or "FLAT": where the feelings of the last few sentences have moved the mood. */
export function direction(points) {
  const since = points.at(-1)?.clock - SPAN;
  const change = points.reduce((sum, point) => (point.clock > since ? sum + point.change : sum), 0);
  if (Math.abs(change) < STEADY) return "FLAT";
  return change > 0 ? "UP" : "DOWN";
}
