/** Keeps a phone's screen on while it listens, because with the screen off the browser stops the microphone. */

export class ScreenAwake {
  #wanted = false;
  #lock = null;

  constructor() {
    // The browser takes the lock away whenever the page is hidden.
    document.addEventListener("visibilitychange", () => this.#hold());
  }

  /** Whether the screen is to stay on from now on. */
  set(wanted) {
    this.#wanted = wanted;
    if (wanted) this.#hold();
    else this.#lock = void this.#lock?.release();
  }

  async #hold() {
    if (!this.#wanted || document.visibilityState !== "visible") return;
    this.#lock = await navigator.wakeLock?.request("screen").catch(() => null);
    if (!this.#wanted) this.set(false); // Stop was pressed while the browser was asked
  }
}
