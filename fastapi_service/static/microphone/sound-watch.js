/** Compares the sound that has come with the time that has passed. Pure: it is told both. */

const STEP_MS = 1_000; // a longer time between two looks counts as this much: a page that stands still hears nothing yet
const QUIET_MS = 2_000;
const BACK_MS = 1_000; // so long sound must come again, so that what had queued up is counted too
const LEAST_GAP_MS = 1_500; // less is no gap, but a browser that was busy

export class SoundWatch {
  #whole; // the time up to which all sound has come, in ms
  #heardMs = 0; // sound since then
  #looked;
  #came = false; // sound, since the last look
  #quietMs = 0;
  #flowingMs = 0;

  /** `now`: milliseconds since 1970. */
  constructor(now) {
    this.#whole = this.#looked = now;
  }

  /** Whether no sound has come for 2 s in which the page ran. */
  get quiet() {
    return this.#quietMs >= QUIET_MS;
  }

  /** For how long no sound has come while the page ran, in ms. */
  get quietMs() {
    return this.#quietMs;
  }

  /** Sound has come. */
  heard(ms) {
    this.#heardMs += ms;
    this.#came = true;
  }

  /** Look about twice a second. Returns how many ms of sound are missing, once sound comes again after a gap; else 0. */
  look(now) {
    const passed = Math.max(0, now - this.#looked);
    const step = Math.min(STEP_MS, passed);
    this.#looked = now;
    this.#flowingMs = this.#came && passed < LEAST_GAP_MS ? this.#flowingMs + step : 0;
    this.#quietMs = this.#came ? 0 : this.#quietMs + step;
    this.#came = false;
    const missing = now - this.#whole - this.#heardMs;
    if (this.#quietMs > 0 || (missing >= LEAST_GAP_MS && this.#flowingMs < BACK_MS)) return 0;
    this.#whole = now;
    this.#heardMs = 0;
    return missing >= LEAST_GAP_MS ? missing : 0;
  }
}
