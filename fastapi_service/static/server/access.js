/** The reader's right to speak here, and to have a talk deleted: keys, tokens, the service's HTTP side. */

import { tabStorage } from "../lib/storage.js";

const KEY = "key";
const TIMEOUT_MS = 10_000;

/** The server wants a key, and there is none, or a wrong one. */
export class NoAccessError extends Error {
  constructor() {
    super("no access");
    this.name = "NoAccessError";
  }
}

export class Access {
  #config = null;
  #key = null; // where the browser forbids storage, until the page is closed

  /** `question`: a Question; addresses are relative to `base`. */
  constructor({ question, t, base }) {
    Object.assign(this, { question, t, base });
  }

  /** What the server's speech models can do, as it said last; undefined before that, and of an older server. */
  get speech() {
    return this.#config?.speech;
  }

  /** Find out beforehand what Start would have to wait for, or whether it has changed. */
  async prepare() {
    await this.#readConfig().catch(() => {});
  }

  /** What the server says of itself: `{key_needed, max_file_bytes, retention_s, …}`; empty where it cannot be asked. */
  async config() {
    await this.#keyNeeded().catch(() => {});
    return this.#config ?? {};
  }

  /** What the server knows of a session; null where it knows nothing, or cannot be asked. */
  async results({ sessionId, resumeToken }) {
    const answer = await this.#fetch(`api/sessions/${encodeURIComponent(sessionId)}`, "GET", resumeToken).catch(() => null);
    return answer?.ok ? answer.json() : null;
  }

  /** Whether a session may be opened, as far as one can know now; asks for the key where one is missing. */
  async allowed() {
    try {
      await this.token();
      return true;
    } catch (error) {
      return !(error instanceof NoAccessError); // a server that is away is the connection's business
    }
  }

  /** A credential for one new session; null where none is needed. Throws NoAccessError, or what fetch throws. */
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

  /** Have a session's audio, words and results deleted. True: nothing of it is there any more. */
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
    return this.#config?.key_needed ?? false; // a server that does not say, says so on connecting
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
