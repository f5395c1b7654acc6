/** Follows a session that somebody else speaks in, by a read-only link. */

import { serverSentEvents } from "../lib/event-stream.js";

const RETRY_MS = 2000;
const GONE = [401, 403, 404];

export class SessionFollower {
  #lastEventId = null;

  /** `base`: the server's address; `onMessage(message)`: an event has come; `onState("following" | "away" | "ended")`. */
  constructor({ base, sessionId, token, onMessage, onState }) {
    Object.assign(this, { base, sessionId, token, onMessage, onState });
  }

  /** Follow until the link ends, or the session is deleted. Connects again wherever the server was away. */
  async run() {
    while (!(await this.#listen().catch(() => false))) {
      this.onState("away");
      await new Promise((done) => setTimeout(done, RETRY_MS));
    }
    this.onState("ended");
  }

  /** Returns whether there is nothing to follow any more. */
  async #listen() {
    const url = new URL(`api/sessions/${encodeURIComponent(this.sessionId)}/events?interim=true`, this.base);
    const headers = { Authorization: `Bearer ${this.token}` };
    if (this.#lastEventId) headers["Last-Event-ID"] = this.#lastEventId;
    const answer = await fetch(url, { headers, cache: "no-store" });
    if (!answer.ok) return GONE.includes(answer.status);
    this.onState("following");
    for await (const { id, data } of serverSentEvents(answer.body)) {
      this.#lastEventId = id ?? this.#lastEventId;
      const message = JSON.parse(data);
      if (message.type === "error" && message.seq === undefined) return true; // the session was deleted, or the link ended
      this.onMessage(message);
    }
    return false;
  }
}
