/** Keeps a phone's screen on while it listens: with the screen off, the browser stops the microphone. */

export class ScreenAwake {
  #wanted = false;
  #lock = null;

  constructor() {
    // The lock is lost whenever the page is hidden.
    document.addEventListener("visibilitychange", () => this.#hold());
  }

  set(wanted) {
    this.#wanted = wanted;
    if (wanted) this.#hold();
    else this.#lock = void this.#lock?.release();
  }

  async #hold() {
    if (!this.#wanted || document.visibilityState !== "visible") return;
    this.#lock = await navigator.wakeLock?.request("screen").catch(() => null);
    if (!this.#wanted) this.set(false); // stopped while it was being asked for
  }
}
