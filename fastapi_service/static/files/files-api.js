/** `/api/files`: brings a file to the server, and asks what has become of it. */

const TIMEOUT_MS = 10_000;

/** The server refused, or did not answer. `kind` is "away", "foreign", "full", "tooLarge", "gone", "running" or "refused". */
export class FileError extends Error {
  constructor(kind) {
    super(kind);
    this.name = "FileError";
    this.kind = kind;
  }
}

const KINDS = { 0: "away", 403: "foreign", 404: "gone", 409: "running", 413: "tooLarge" };
const RETRYABLE = [408, 502, 503, 504];

const refusal = (status) => new FileError(KINDS[status] ?? (RETRYABLE.includes(status) ? "full" : "refused"));

export class FilesApi {
  /** `access`: gives tokens, see Access; `base`: the address that all others are relative to. */
  constructor({ access, base }) {
    Object.assign(this, { access, base });
  }

  /**
   * Open a session for a file: `{sessionId, resumeToken}`. The options are those of startFields. Throws FileError, or
   * NoAccessError.
   */
  async open(sizeBytes, { language, languages, task, endpointMs, words } = {}) {
    let token;
    try {
      token = await this.access.token();
    } catch (error) {
      if (error.name === "NoAccessError") throw error;
      throw new FileError("away");
    }
    const body = JSON.stringify({
      size_bytes: sizeBytes, language: language || undefined, languages, task: task || undefined,
      endpoint_ms: endpointMs ?? undefined, words: words || undefined,
    });
    const { session_id: sessionId, resume_token: resumeToken } = await this.#request("api/files", "POST", token, body);
    return { sessionId, resumeToken };
  }

  /** Send the bytes. `onProgress(0..1)`; `signal` ends it. Throws FileError, or the signal's reason. */
  put(session, file, { onProgress, signal }) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest(); // fetch does not say how far an upload is
      request.open("PUT", this.#address(session));
      request.setRequestHeader("Authorization", `Bearer ${session.resumeToken}`);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
      request.onload = () => (request.status === 202 ? resolve() : reject(refusal(request.status)));
      request.onerror = () => reject(refusal(0));
      request.onabort = () => reject(signal.reason);
      signal.addEventListener("abort", () => request.abort(), { once: true });
      if (signal.aborted) reject(signal.reason);
      else request.send(file);
    });
  }

  /** What has become of a file: `{state, heard_s, duration_s, problem, unfinished, events}`, with the events after `after`. */
  view(session, after) {
    const query = after ? `?after=${after}` : "";
    return this.#request(`${this.#address(session)}${query}`, "GET", session.resumeToken);
  }

  /** End the work on a file. What was cut already is still written down. */
  async cancel(session) {
    await this.#request(this.#address(session), "DELETE", session.resumeToken);
  }

  #address({ sessionId }) {
    return new URL(`api/files/${encodeURIComponent(sessionId)}`, this.base).href;
  }

  async #request(path, method, credential, body) {
    const headers = credential ? { Authorization: `Bearer ${credential}` } : {};
    if (body) headers["Content-Type"] = "application/json";
    let answer;
    try {
      const options = { method, headers, body, cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) };
      answer = await fetch(new URL(path, this.base), options);
    } catch {
      throw refusal(0);
    }
    if (!answer.ok) throw refusal(answer.status);
    return answer.status === 204 ? null : answer.json();
  }
}
