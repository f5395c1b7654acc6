/** Sees that no sound comes although the page listens, says so, and mends it: one step after another, until sound comes. */

import { SoundWatch } from "./sound-watch.js";

const LOOK_MS = 500;
const STEPS = ["resume", "reopen", "rebuild"]; // the last one again and again
const FIRST = { ended: 1, broken: 1, muted: 1 }; // where resuming would be in vain; see Capture
const LAST = { muted: 1 }; // it is open, and may be muted on purpose
const PAUSES_MS = [2_000, 3_000, 6_000, 10_000]; // after each step; the last one again and again
const MUTED_MS = 10_000; // a muted microphone is left alone for that long: a call unmutes it when it ends
const CALM_MS = 5_000; // of sound, and the next trouble is another one
const GIVEN_UP_MS = 60_000; // without any microphone

export class CaptureMender {
  #watch = null;
  #timer = null;
  #told = null;
  #tries = 0;
  #nextAt = 0;
  #calmMs = 0;
  #mending = false;
  #device = "";

  /**
   * `capture`: a Capture that runs; `choice()`: `[deviceId, processing]`, as Capture wants them. `onSilence(cause)`: no
   * sound has come for 2 s ("quiet", or a `trouble` of the Capture's), or comes again (null); `onGap(ms)`: so much is
   * missing before the sound that comes again; `onDevice(name)`: another microphone is open now; `onLost(error)`: there
   * is none any more, or it is no longer allowed.
   */
  constructor({ capture, choice, onSilence, onGap, onDevice, onLost }) {
    Object.assign(this, { capture, choice, onSilence, onGap, onDevice, onLost });
  }

  start() {
    this.#device = this.capture.device;
    this.#watch = new SoundWatch(Date.now());
    this.#timer = setInterval(() => this.look(), LOOK_MS);
    document.addEventListener("visibilitychange", this.#atOnce);
    navigator.mediaDevices.addEventListener?.("devicechange", this.#atOnce);
  }

  stop() {
    this.#watch = null;
    clearInterval(this.#timer);
    document.removeEventListener("visibilitychange", this.#atOnce);
    navigator.mediaDevices.removeEventListener?.("devicechange", this.#atOnce);
    this.#tell(null);
  }

  /** Frames have come. What a browser gives for a muted or a pulled microphone is no sound. */
  heard(ms) {
    if (!this.capture.trouble) this.#watch?.heard(ms);
  }

  /** Something may have changed. */
  look() {
    if (!this.#watch) return;
    const missing = this.#watch.look(Date.now());
    if (missing > 0) this.onGap(missing);
    const { quiet } = this.#watch;
    const cause = this.capture.trouble ?? (quiet ? "quiet" : null);
    if (!quiet) this.#tell(null);
    else if (!this.#mending || !this.#told) this.#tell(cause); // while it is opened anew no microphone is open
    this.#rest(cause);
    if (cause === "ended" && this.#watch.quietMs > GIVEN_UP_MS) return this.onLost(new DOMException("", "UnpluggedError"));
    if (cause && !(cause === "muted" && this.#watch.quietMs < MUTED_MS)) this.#mend(cause);
  }

  /** The page is looked at again, or a device came: what failed a moment ago may work now. */
  #atOnce = () => {
    this.#nextAt = 0;
    this.look();
  };

  #tell(cause) {
    if (cause === this.#told) return;
    this.#told = cause;
    this.onSilence(cause);
  }

  /** After some seconds with sound the next trouble begins with the first step again. */
  #rest(cause) {
    if (!cause) this.#device = this.capture.device; // the reader may have chosen another one
    this.#calmMs = cause ? 0 : this.#calmMs + LOOK_MS;
    if (this.#calmMs >= CALM_MS) this.#tries = this.#nextAt = 0;
  }

  async #mend(cause) {
    if (this.#mending || Date.now() < this.#nextAt) return;
    this.#mending = true;
    const step = STEPS[Math.min(LAST[cause] ?? STEPS.length - 1, Math.max(FIRST[cause] ?? 0, this.#tries))];
    const pause = PAUSES_MS[Math.min(PAUSES_MS.length - 1, this.#tries++)];
    await this.#take(step).catch((error) => this.#heed(error));
    this.#mending = false;
    this.#nextAt = Date.now() + pause;
    this.#compareDevice();
  }

  #compareDevice() {
    const { device } = this.capture;
    if (this.#watch && device && device !== this.#device) this.onDevice(device);
    this.#device = device || this.#device;
  }

  async #take(step) {
    await this.capture[step](...this.choice());
  }

  /** A hidden page may be refused the microphone until it is looked at. All else may pass: a device comes back, a call ends. */
  #heed(error) {
    const refused = error.name === "NotAllowedError" && !document.hidden;
    if (refused || error.name === "OtherRateError") this.onLost(error);
    else console.warn("The microphone does not open yet:", error.message);
  }
}
