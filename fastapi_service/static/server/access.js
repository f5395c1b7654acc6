/** What the page asks of the service over HTTP: its configuration, tokens for a key, a session's results and its deletion. */

import { tabStorage } from "../lib/storage.js";

const KEY = "key";
const TIMEOUT_MS = 10_000;

/** The server wants a key, and the reader has given none. */
export class NoAccessError extends Error {
  constructor() {
    super("no access");
    this.name = "NoAccessError";
  }
}

export class Access {
  #config = null;
  #key = null; // kept here too, because the browser may forbid storage

  /** `question`: a Question, which asks for the key; `base`: the address that all others are relative to. */
  constructor({ question, t, base }) {
    Object.assign(this, { question, t, base });
  }

  /** What the server's speech models can do, as it said last. Undefined before that, and where an older server does not say. */
  get speech() {
    return this.#config?.speech;
  }

  /** Read the server's configuration, so that nobody has to wait for it later. Never rejected. */
  async prepare() {
    await this.#readConfig().catch(() => {});
  }

  /** The server's configuration: `{key_needed, max_file_bytes, retention_s, …}`. It is empty while the server is away. */
  async config() {
    await this.#keyNeeded().catch(() => {});
    return this.#config ?? {};
  }

  /** What the server knows of a session, or null where it knows nothing or is away. */
  async results({ sessionId, resumeToken }) {
    const answer = await this.#fetch(`api/sessions/${encodeURIComponent(sessionId)}`, "GET", resumeToken).catch(() => null);
    return answer?.ok ? answer.json() : null;
  }

  /** Whether a session may be opened, so far as that is known now. Asks the reader for a key where one is missing. */
  async allowed() {
    try {
      await this.token();
      return true;
    } catch (error) {
      return !(error instanceof NoAccessError); // the connection deals with a server that is away
    }
  }

  /** A token for one new session, or null where none is needed. Throws NoAccessError, or what fetch throws. */
  async token() {
    if (!(await this.#keyNeeded())) return null;
    for (let problem = ""; ; problem = this.t("ask.key.wrong")) {
      const key = this.#key ?? tabStorage.recall(KEY) ?? (await this.question.secret("key", problem));
      if (key === null) throw new NoAccessError();
      const answer = await this.#fetch("api/token", "POST", key);
      if (answer.status === 401) {
        this.#remember(null);
        continue;
      }
      if (!answer.ok) throw new Error(`api/token: ${answer.status}`);
      this.#remember(key);
      return (await answer.json()).token;
    }
  }

  /** Make a read-only link to a session: `{token, path, expires_in_s}`, or null where the server is away. */
  async share({ sessionId, resumeToken }) {
    const path = `api/sessions/${encodeURIComponent(sessionId)}/link`;
    const answer = await this.#fetch(path, "POST", resumeToken).catch(() => null);
    return answer?.ok ? answer.json() : null;
  }

  /** Take the read-only link to a session back. Returns whether nobody can follow it any more. */
  async unshare({ sessionId, resumeToken }) {
    const path = `api/sessions/${encodeURIComponent(sessionId)}/link`;
    const answer = await this.#fetch(path, "DELETE", resumeToken).catch(() => null);
    return answer?.status === 204 || answer?.status === 404;
  }

  /** Delete a session's audio, words and results on the server. Returns whether nothing of it is there any more. */
  async delete({ sessionId, resumeToken }) {
    try {
      const { status } = await this.#fetch(`api/sessions/${encodeURIComponent(sessionId)}`, "DELETE", resumeToken);
      return status === 204 || status === 404;
    } catch {
      return false;
    }
  }

  async #keyNeeded() {
    if (this.#config === null) await this.#readConfig();
    return this.#config?.key_needed ?? false; // a server that does not say it here refuses the connection
  }

  async #readConfig() {
    const answer = await this.#fetch("api/config", "GET");
    if (answer.ok) this.#config = await answer.json();
  }

  #fetch(path, method, credential = null) {
    const headers = credential === null ? {} : { Authorization: `Bearer ${credential}` };
    return fetch(new URL(path, this.base), { method, headers, cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
  }

  #remember(key) {
    this.#key = key;
    if (key === null) tabStorage.forget(KEY);
    else tabStorage.remember(KEY, key);
  }
}
