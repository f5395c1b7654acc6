/** What is known of a session's utterances, from the server's messages in whatever order they come. Pure. */

const MOST_MISSING = 50; // utterances; a seq that is further ahead is no gap but an error

/**
 * One record an utterance. Its `state` goes from "speaking" to "waiting" (for its text) to "settled", or it ends as
 * "silent" (it has no words) or "failed" (`problem` says why). Its `mood` is undefined until its sentiment has come; then
 * it is a label, or null (`reason` says why).
 */
export class Utterances {
  #records;

  /** `records`: what is known already, as of a talk out of the history. */
  constructor(records = []) {
    this.#records = new Map(records.map((record) => [record.seq, record]));
  }

  /** Whether a message would tell nothing new. `type` is one of those that come after an utterance was cut. */
  knows({ type, seq }) {
    const record = this.#records.get(seq);
    if (type === "final" || type === "no_speech") return record?.state === "settled" || record?.state === "silent";
    return type === "sentiment" ? record?.mood !== undefined : record?.state === "failed";
  }

  /** All records, ordered by seq. */
  ordered() {
    return [...this.#records.values()].sort((one, other) => one.seq - other.seq);
  }

  /** Apply a message of the server's; returns the records that changed. The same message again changes nothing. */
  apply(message, now = Date.now()) {
    if (message.type === "done") return this.closeOpen("unanswered");
    if (!Number.isSafeInteger(message.seq)) return [];
    const change = CHANGES[message.type];
    if (!change) return [];
    const missing = this.#fillUpTo(message.seq);
    const record = this.#records.get(message.seq);
    if (!record) return missing;
    const fields = change(record, message, now);
    if (!fields) return missing;
    Object.assign(record, fields);
    return [...missing, record];
  }

  /** No more will come: what was being spoken had no words, and what waits for its text has failed. Returns both. */
  closeOpen(problem) {
    const open = this.ordered().filter(isOpen);
    for (const record of open) {
      const spoken = record.state === "waiting" || record.text;
      Object.assign(record, spoken ? { state: "failed", problem } : { state: "silent" });
    }
    return open;
  }

  /** An utterance whose seq was skipped is still on its way: it gets its record now. Returns those. */
  #fillUpTo(seq) {
    if (this.#records.has(seq)) return [];
    const last = Math.max(0, ...this.#records.keys());
    if (seq < 1 || seq - last > MOST_MISSING) return [];
    const added = [];
    for (let each = Math.min(last + 1, seq); each <= seq; each += 1) {
      if (this.#records.has(each)) continue;
      const record = { seq: each, state: "waiting", text: "", stableChars: 0 };
      this.#records.set(each, record);
      added.push(record);
    }
    return added.slice(0, -1);
  }
}

/** Whether a record's text can still change. */
export const isOpen = ({ state }) => state === "speaking" || state === "waiting";

const CHANGES = {
  speech_started: (record, { at }) => isOpen(record) && { state: "speaking", start: at },
  speech_ended: (record, { at }) => isOpen(record) && { state: "waiting", end: at },
  partial: (record, { text, stable_chars: stable }) => isOpen(record) && { text, stableChars: stable ?? 0 },
  final: (record, { text, start, end, words, language, foreign, translated, model, timings }, now) => ({
    state: "settled", text, start, end, words, language, foreign, translated, model, timings: { ...record.timings, ...timings },
    textShownAt: record.textShownAt ?? now / 1000,
  }),
  sentiment: (record, { label, score, scores, reason, model, timings }, now) => ({
    label: label ?? null, mood: label ?? null, score, scores, reason, moodModel: model,
    timings: { ...record.timings, ...timings },
    moodShownAt: record.moodShownAt ?? now / 1000,
  }),
  no_speech: (record) => record.state !== "settled" && { state: "silent" },
  error: (record, { message }) => (record.state === "settled"
    ? { mood: record.mood ?? null, reason: record.reason ?? message }
    : { state: "failed", problem: message }),
};
