/** One talk, from Start to the last answer: a session with the server, its utterances and their place on the page. */

import { Connection } from "../server/connection.js";
import { Transcript } from "../transcript/transcript.js";
import { Utterances } from "../sentences/utterances.js";

export class LiveTalk {
  #sessionId = null;
  #connection;

  /**
   * `onChange(talk, record)`: an utterance changed; `onState(talk, state)`, `onHeld(talk, held)`: of the connection;
   * `onServer(talk, message)`: a message that concerns no utterance; `onDelete(part)`: the reader wants a part deleted
   * from the server: `{session: {sessionId, resumeToken}, transcript}`. `options`, `credential`: see Connection.
   * `judge(record)`: gives a rated record its mood, by the reader's own measure.
   */
  constructor({ url, sampleRate, options, parent, t, locale, credential, judge, onChange, onState, onHeld, onServer, onDelete }) {
    Object.assign(this, { parent, t, locale, judge, onChange, onHeld, onServer, onDelete });
    this.parts = [];
    this.#begin();
    this.#connection = new Connection({
      url,
      sampleRate,
      options,
      credential,
      onMessage: (message) => this.#receive(message),
      onState: (state) => this.#follow(state, onState),
      onHeld: (held) => this.#held(held),
    });
  }

  /** Records of the newest part; a talk has several when the server forgot its session on the way. */
  get records() {
    return this.parts.at(-1).utterances.ordered();
  }

  connect() {
    this.#connection.connect();
  }

  push(pcm) {
    this.#connection.send(pcm);
  }

  stop() {
    this.#connection.stop();
  }

  retryNow() {
    this.#connection.retryNow();
  }

  drop() {
    this.#connection.drop();
  }

  #begin() {
    const { parent, t, locale } = this;
    const startedAt = new Date();
    const transcript = new Transcript({ parent, t, locale, startedAt });
    this.parts.push({ transcript, utterances: new Utterances(), startedAt });
  }

  #receive(message) {
    if (message.type === "ready") this.#know(message);
    this.#show(this.parts.at(-1).utterances.apply(message));
    if (message.seq === undefined) this.onServer(this, message);
  }

  #know({ session_id: sessionId, resume_token: resumeToken }) {
    if (this.#sessionId !== null && this.#sessionId !== sessionId) {
      const { transcript, utterances } = this.parts.at(-1);
      this.#show(utterances.closeOpen("forgotten"));
      transcript.note(this.t("transcript.forgotten"));
      this.#begin();
    }
    this.#sessionId = sessionId;
    const part = this.parts.at(-1);
    part.session = { sessionId, resumeToken };
    part.transcript.offerDelete(() => this.onDelete(part));
  }

  #show(records) {
    for (const record of records) {
      this.parts.at(-1).transcript.show(this.judge(record));
      this.onChange(this, record);
    }
  }

  #follow(state, onState) {
    if (state.name === "failed") this.#show(this.parts.at(-1).utterances.closeOpen("unanswered"));
    const heard = this.records.some(({ state: each }) => each !== "silent");
    if (state.name === "done" && !heard) this.parts.at(-1).transcript.note(this.t("transcript.nothing"));
    onState(this, state);
  }

  #held(held) {
    if (!held.full && held.lostSeconds > 0) {
      this.parts.at(-1).transcript.note(this.t("held.lost", { seconds: held.lostSeconds.toFixed(1) }));
    }
    this.onHeld(this, held);
  }
}
