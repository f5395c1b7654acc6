/** What the dashboard asks of the service over HTTP. The tab keeps the token until it is closed, and nobody keeps the key. */

import { tabStorage } from "../lib/storage.js";

const TOKEN = "dashboard";
const TIMEOUT_MS = 10_000;

/** The server refused (`status` is that of HTTP), or did not answer (0). */
export class RefusedError extends Error {
  constructor(status, retryAfterS = null) {
    super(`status ${status}`);
    this.name = "RefusedError";
    this.status = status;
    this.retryAfterS = retryAfterS;
  }
}

export class DashboardApi {
  #token = tabStorage.recall(TOKEN); // kept here too: the browser may forbid storage

  /** `base`: the address that all others are relative to. */
  constructor(base) {
    this.base = base;
  }

  /** Sign in with an admin key. Throws RefusedError: 401 wrong key, 404 no key is configured, 429 too many attempts. */
  async signIn(key) {
    const { token } = await (await this.#fetch("POST", "session", key)).json();
    this.#keep(token);
  }

  async signOut() {
    await this.#fetch("DELETE", "session").catch(() => {}); // a token that stays on the server expires there
    this.forget();
  }

  /** Forget the token. */
  forget() {
    this.#keep(null);
  }

  /** The server's figures, as fastapi_service/dashboard/snapshot.py defines them. Throws RefusedError. */
  async snapshot() {
    return (await this.#fetch("GET", "")).json();
  }

  /** Try an utterance again that was given up. Throws RefusedError: 404 it is not given up any more, 410 its audio is gone. */
  async retry(utteranceId) {
    await this.#fetch("POST", `dead/${encodeURIComponent(utteranceId)}/retry`);
  }

  /** Let an utterance rest that was given up. Throws RefusedError: 404 it is not given up any more. */
  async dismiss(utteranceId) {
    await this.#fetch("DELETE", `dead/${encodeURIComponent(utteranceId)}`);
  }

  async #fetch(method, path, credential = this.#token) {
    const address = new URL(`api/dashboard${path && "/"}${path}`, this.base);
    const headers = credential === null ? {} : { Authorization: `Bearer ${credential}` };
    const options = { method, headers, cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) };
    const answer = await fetch(address, options).catch(() => {
      throw new RefusedError(0);
    });
    if (!answer.ok) throw new RefusedError(answer.status, Number(answer.headers.get("Retry-After")) || null);
    return answer;
  }

  #keep(token) {
    this.#token = token;
    if (token === null) tabStorage.forget(TOKEN);
    else tabStorage.remember(TOKEN, token);
  }
}
