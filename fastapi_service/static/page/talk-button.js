/** The Start and Stop button, with the connection's state in words and the time beside it. */

import { clock } from "../lib/time.js";

const LISTENING = ["asking", "connecting", "open", "waiting", "full"];

export class TalkButton {
  #timer = null;
  #startedAt = null;
  #retryAt = null;

  constructor({ button, word, state, stateWord, stateMore, elapsed, t }) {
    Object.assign(this, { button, word, state, stateWord, stateMore, elapsed, t });
    this.name = "idle";
  }

  /** `name`: of the words `state.{name}`; `listening`: whether the button means Stop; `retryInMs`: to the next attempt. */
  show(name, { listening = LISTENING.includes(name), retryInMs = null } = {}) {
    this.name = name;
    this.#retryAt = retryInMs === null ? null : Date.now() + retryInMs;
    this.state.dataset.state = name;
    const words = this.t(`state.${name}`);
    // A screen reader reads the state when it changes, and not each second.
    if (this.stateWord.textContent !== words) this.stateWord.textContent = words;
    this.#showButton(listening);
    this.#runClock(listening);
    this.#tick();
  }

  /** Whether it can be pressed at all. */
  enable(possible) {
    this.button.disabled = !possible;
  }

  /** Show the same in another language. */
  redraw() {
    this.stateWord.textContent = this.t(`state.${this.name}`);
    this.#showButton(this.button.dataset.meaning === "stop");
    this.#tick();
  }

  #showButton(listening) {
    const meaning = listening ? "stop" : "start";
    this.button.dataset.meaning = meaning;
    this.word.textContent = this.t(`button.${meaning}`);
  }

  #runClock(listening) {
    if (listening) this.#startedAt ??= Date.now();
    else this.#startedAt = null;
    const needed = listening || this.#retryAt !== null;
    if (needed) this.#timer ??= setInterval(() => this.#tick(), 1000);
    else this.#timer = clearInterval(this.#timer) ?? null;
  }

  #tick() {
    if (this.#startedAt !== null) this.elapsed.textContent = clock((Date.now() - this.#startedAt) / 1000);
    const seconds = this.#retryAt === null ? 0 : Math.ceil((this.#retryAt - Date.now()) / 1000);
    this.stateMore.textContent = seconds > 0 ? this.t("state.retryIn", { seconds }) : "";
  }
}
