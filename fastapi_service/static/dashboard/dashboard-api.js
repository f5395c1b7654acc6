/** The dashboard's HTTP side. The token lives as long as this tab; the key is not kept at all. */

import { tabStorage } from "../lib/storage.js";

const TOKEN = "dashboard";
const TIMEOUT_MS = 10_000;

/** An answer that is none of those hoped for; `status` is 0 where there was none. */
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

  /** Addresses are relative to `base`. */
  constructor(base) {
    this.base = base;
  }

  /** Throws RefusedError, as all the others: 401 wrong key, 404 none is configured, 429 too many tries. */
  async signIn(key) {
    const { token } = await (await this.#fetch("POST", "session", key)).json();
    this.#keep(token);
  }

  async signOut() {
    await this.#fetch("DELETE", "session").catch(() => {}); // it runs out by itself
    this.forget();
  }

  forget() {
    this.#keep(null);
  }

  /** The server's figures, as fastapi_service/dashboard/snapshot.py has them. */
  async snapshot() {
    return (await this.#fetch("GET", "")).json();
  }

  /** 404: it is not given up any more; 410: its audio is gone. */
  async retry(utteranceId) {
    await this.#fetch("POST", `dead/${encodeURIComponent(utteranceId)}/retry`);
  }

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
