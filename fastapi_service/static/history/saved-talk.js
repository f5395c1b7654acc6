/** A talk out of the history: its cards as they were, and what the server has answered since the page went. */

import { TalkPart } from "../talks/talk-part.js";

const POLL_MS = 3000;
const SETTLED_AFTER_MS = 20_000; // the server waits that long for a page to come back; then it writes down what was being said

/** What `GET /api/sessions/{id}` says of an utterance, as the messages that the page would have got. Pure. */
export function messagesOf({ seq, stage, start_s: start, end_s: end, text, models, timings, reason, ...rest }) {
  const { language, foreign, translated, label, score, scores } = rest;
  const messages = [];
  if (text) messages.push({ type: "final", seq, start, end, text, language, foreign, translated, model: models.stt, timings });
  if (stage === "done") {
    messages.push({ type: "sentiment", seq, label, score, scores, reason, model: models.sentiment, timings });
  }
  if (stage === "empty") messages.push({ type: "no_speech", seq });
  if (stage === "failed") messages.push({ type: "error", seq, message: reason ?? "" });
  return messages;
}

export class SavedTalk {
  /** `page`: see TalkPart; `talk`, `records`: as TalkStore.load gives them; `title` stands above it. */
  constructor({ page, talk, records, title }) {
    const { id: sessionId, resumeToken, kind, name, ended } = talk;
    const startedAt = new Date(talk.startedAt);
    const session = { sessionId, resumeToken };
    this.part = new TalkPart(page, { kind, name, title, session, startedAt, records, kept: true, ended });
    this.parts = [this.part];
  }

  get records() {
    return this.part.records;
  }

  /** Ask the server for what is missing, until nothing is. `results(session)`: a promise of what it knows, or of null. */
  async catchUp(results) {
    for (const until = Date.now() + SETTLED_AFTER_MS; ;) {
      const found = await results(this.part.session);
      if (!found) break;
      const { utterances } = this.part;
      this.part.apply(found.utterances.flatMap(messagesOf).filter((message) => !utterances.knows(message)));
      const waits = found.utterances.some(({ stage }) => stage === "audio" || stage === "text");
      if (!waits && Date.now() > until) break;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    this.part.closeOpen("unanswered");
  }
}
