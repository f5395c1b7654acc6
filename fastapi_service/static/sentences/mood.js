/** Labels that the model was not sure enough of, by the reader's own measure: pure. docs/adr/page-unsure.md. */

/**
 * What the page makes of a rating: `{mood, unsure}`. POSITIVE or NEGATIVE with a score under `least` (0..1; 0: never) is
 * shown as unsure and counted as NEUTRAL. `label` as the server gave it; null and undefined stay what they are.
 */
export function judged({ label, score }, least) {
  const unsure = (label === "POSITIVE" || label === "NEGATIVE") && Number.isFinite(score) && score < least;
  return { mood: unsure ? "NEUTRAL" : label, unsure };
}

/** Key of the word for a record's mood. */
export const moodKey = ({ mood, unsure }) => `mood.${unsure ? "UNSURE" : mood}`;

/**
 * "93 %"; empty beside "unsure", where it would be read the wrong way round, and for a NEUTRAL that only says that no
 * feeling is more probable than not.
 */
export const shownScore = ({ score, unsure }) => (score > 0.5 && !unsure ? `${Math.round(score * 100)} %` : "");
