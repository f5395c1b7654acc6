/** A talk out of the history: its cards as they were, and what was answered after the page had gone. */

import { Transcript } from "../transcript/transcript.js";
import { Utterances } from "../sentences/utterances.js";

const POLL_MS = 3000;
const SETTLED_AFTER_MS = 20_000; // what was being said when the page went is written after a time of grace

/** What `GET /api/sessions/{id}` tells of an utterance, as the messages that the page would have got: pure. */
export function messagesOf({ seq, stage, start_s: start, end_s: end, text, language, translated, models, timings, label, score, scores, reason }) {
  const messages = [];
  if (text) messages.push({ type: "final", seq, start, end, text, language, translated, model: models.stt, timings });
  if (stage === "done") messages.push({ type: "sentiment", seq, label, score, scores, reason, model: models.sentiment, timings });
  if (stage === "empty") messages.push({ type: "no_speech", seq });
  if (stage === "failed") messages.push({ type: "error", seq, message: reason ?? "" });
  return messages;
}

export class SavedTalk {
  /** `kept`: `{talk, records}` of the history; `title`: above it. */
  constructor({ kept: { talk, records }, title, parent, before, t, locale, judge, onChange, onDelete }) {
    Object.assign(this, { judge, onChange });
    const startedAt = new Date(talk.startedAt);
    const transcript = new Transcript({ parent, before, t, locale, startedAt, title });
    this.parts = [{
      transcript, utterances: new Utterances(records), startedAt, kind: talk.kind, name: talk.name, kept: true, ended: talk.ended,
      session: { sessionId: talk.id, resumeToken: talk.resumeToken },
    }];
    transcript.offerDelete(() => onDelete(this.parts[0]));
    for (const record of this.records) transcript.show(judge(record));
  }

  get records() {
    return this.parts[0].utterances.ordered();
  }

  /** Ask the server for what is missing, until there is no more. `results(session)`: what it knows, or null. */
  async catchUp(results) {
    const [part] = this.parts;
    for (const until = Date.now() + SETTLED_AFTER_MS; ;) {
      const found = await results(part.session);
      if (!found) break;
      const known = part.utterances;
      const changed = new Set(found.utterances.flatMap(messagesOf).filter((message) => !known.knows(message)).flatMap((message) => known.apply(message)));
      this.#show([...changed]);
      const waits = found.utterances.some(({ stage }) => stage === "audio" || stage === "text");
      if (!waits && Date.now() > until) break;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    this.#show(part.utterances.closeOpen("unanswered"));
  }

  #show(records) {
    for (const record of records) this.parts[0].transcript.show(this.judge(record));
    if (records.length) this.onChange(this, records);
  }
}
