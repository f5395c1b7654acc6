/** One talk that is spoken, from Start to the last answer: a connection to the server, and the parts that come of it. */

import { Connection } from "../server/connection.js";
import { TalkPart } from "./talk-part.js";

export class LiveTalk {
  #connection;

  /**
   * `page`: see TalkPart. `url`, `sampleRate`, `options`, `credential`: see Connection. `announcer` reads its
   * sentences out. `onState(state)`, `onHeld(held)`: of the connection; `onMessage(message)`: a message that is
   * about no sentence.
   */
  constructor({ page, url, sampleRate, options, credential, announcer, onState, onHeld, onMessage }) {
    Object.assign(this, { page, announcer, onState, onHeld, onMessage });
    this.parts = [new TalkPart(page)];
    this.#connection = new Connection({
      url,
      sampleRate,
      options,
      credential,
      onMessage: (message) => this.#receive(message),
      onState: (state) => this.#follow(state),
      onHeld: (held) => this.#hold(held),
      onForgotten: (seconds) => this.part.note(page.t("server.lost", { seconds: seconds.toFixed(1) })),
    });
  }

  /** The newest part. */
  get part() {
    return this.parts.at(-1);
  }

  get records() {
    return this.part.records;
  }

  connect() {
    this.#connection.connect();
  }

  /** Audio from the microphone (Int16Array). */
  push(pcm) {
    this.#connection.send(pcm);
  }

  /** Add a line about what happened here; `key`, `values`: of its words. */
  note(key, values) {
    this.part.note(this.page.t(key, values));
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

  #receive(message) {
    if (message.type === "ready") this.#begin(message);
    this.#announce(this.part.apply([message]));
    if (message.seq === undefined) this.onMessage(message);
  }

  /** A session is there: a new one, the one from before, or another one because the server has forgotten that. */
  #begin({ session_id: sessionId, resume_token: resumeToken }) {
    const { session } = this.part;
    if (session && session.sessionId !== sessionId) {
      this.#announce(this.part.closeOpen("forgotten"));
      this.part.note(this.page.t("transcript.forgotten"));
      this.parts.push(new TalkPart(this.page));
    }
    this.part.open({ sessionId, resumeToken });
  }

  #follow(state) {
    if (state.name === "failed") this.#announce(this.part.closeOpen("unanswered"));
    if (state.name === "done" && this.records.every((record) => record.state === "silent")) {
      this.part.note(this.page.t("transcript.nothing"));
    }
    this.onState(state);
  }

  #hold(held) {
    if (!held.full && held.lostSeconds > 0) {
      this.part.note(this.page.t("held.lost", { seconds: held.lostSeconds.toFixed(1) }));
    }
    this.onHeld(held);
  }

  #announce(records) {
    for (const record of records) this.announcer.announce(record);
  }
}
