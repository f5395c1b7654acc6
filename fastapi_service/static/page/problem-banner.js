/** Problems in the reader's words, with what to do about them. */

import { hasText } from "../texts/texts.js";

const BY_EXCEPTION = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "noneFound",
  OverconstrainedError: "noneFound",
  NotReadableError: "inUse",
  AbortError: "inUse",
  NoAudioError: "noAudio",
  OtherRateError: "otherRate",
  UnpluggedError: "unplugged",
};

/** The key of the problem that an error of getUserMedia stands for. */
export const microphoneProblem = (error) => BY_EXCEPTION[error?.name] ?? "other";

/** Where to go instead of an address that gets no microphone: values for `problem.insecure.help`. `location`: the page's. */
export function insecureHelp({ hostname, port }) {
  const at = port ? `:${port}` : "";
  const number = port || "80";
  const tunnel = `ssh -L ${number}:localhost:${number} ${hostname}`;
  return { https: `https://${hostname}`, local: `http://localhost${at}`, tunnel };
}

/** The banner above the transcript. It shows one problem: the newest. */
export class ProblemBanner {
  #shown = null;
  #closed = null; // the problem whose banner the reader has closed: it is not shown again until it is over

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

  /**
   * `key`: of the words `problem.{key}.title` and `.help`, filled in with `values`; a key without words shows
   * `values.message`. `retry`: whether to offer another attempt.
   */
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

  /** Hide the banner: whatever it shows, or only where that is one of `keys`. */
  clear(keys = null) {
    if (keys && !keys.includes(this.#shown ?? this.#closed)) return;
    this.#shown = this.#closed = null;
    this.element.hidden = true;
    this.title.textContent = this.help.textContent = "";
    delete this.element.dataset.problem;
  }
}
