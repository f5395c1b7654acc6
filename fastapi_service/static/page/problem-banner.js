/** Errors in words, with what to do about them. */

import { hasText } from "../texts/texts.js";

const BY_EXCEPTION = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "noneFound",
  OverconstrainedError: "noneFound",
  NotReadableError: "inUse",
  AbortError: "inUse",
  NoAudioError: "noAudio",
};

/** The key of a failed microphone's words. */
export const microphoneProblem = (error) => BY_EXCEPTION[error?.name] ?? "other";

/** Words for an address that gets no microphone: where to go instead. `port` of the page, "" for the usual one. */
export function insecureHelp({ hostname, port }) {
  const at = port ? `:${port}` : "";
  const number = port || "80";
  return { https: `https://${hostname}`, local: `http://localhost${at}`, tunnel: `ssh -L ${number}:localhost:${number} ${hostname}` };
}

/** The banner above the transcript: one problem at a time, the newest. */
export class ProblemBanner {
  #shown = null;
  #closed = null; // by the reader: it stays away until it is over

  constructor({ element, t, onRetry }) {
    Object.assign(this, { element, t });
    this.title = element.querySelector(".problem-title");
    this.help = element.querySelector(".problem-help");
    this.retry = element.querySelector(".problem-retry");
    this.retry.addEventListener("click", onRetry);
    element.querySelector(".problem-close").addEventListener("click", () => {
      const closed = this.#shown;
      this.clear();
      this.#closed = closed;
    });
  }

  /** `key` of `problem.{key}.title`; a server's own `message` takes the place of help that there is no text for. */
  show(key, values = {}, { retry = false } = {}) {
    if (key === this.#closed) return;
    const known = hasText(`problem.${key}.title`) ? key : "other";
    this.#shown = key;
    const title = this.t(`problem.${known}.title`);
    if (this.title.textContent !== title) this.title.textContent = title;
    this.help.textContent = this.t(`problem.${known}.help`, { message: "", ...values });
    this.retry.hidden = !retry;
    this.element.hidden = false;
    this.element.dataset.problem = key;
  }

  /** Take it away: whatever it is, or only one of `keys`. */
  clear(keys = null) {
    if (keys && !keys.includes(this.#shown ?? this.#closed)) return;
    this.#shown = this.#closed = null;
    this.element.hidden = true;
    this.title.textContent = this.help.textContent = "";
    delete this.element.dataset.problem;
  }
}
