/** Small print on the page: what the server says of itself, and the microphone's rate. */

export class Notices {
  /**
   * Elements: `held` (audio is no longer kept), `unheard` (no sound comes), `unkept` (the history does not work), `behind`
   * (the server is late), `models`, `rate`.
   */
  constructor({ held, unheard, unkept, behind, models, rate, t }) {
    Object.assign(this, { held, unheard, unkept, behind, models, rate, t });
  }

  /** Say that audio is no longer kept, because the server has taken none for `seconds`; not `full`: that it is kept again. */
  showHeld({ full, seconds }) {
    this.held.hidden = !full;
    this.held.textContent = full ? this.t("held.full", { seconds: Math.round(seconds) }) : "";
  }

  /** Say that no sound comes: `cause` as the CaptureMender gives it; null: that it comes again. */
  showSilence(cause) {
    this.unheard.hidden = !cause;
    this.unheard.textContent = cause ? this.t(`microphone.no.${cause}`) : "";
  }

  /** Say that talks are not kept in this browser: `problem` as the TalkSaver gives it; null: that they are. */
  showKept(problem) {
    this.unkept.hidden = !problem;
    this.unkept.textContent = problem ? this.t(`history.unkept.${problem}`) : "";
  }

  /** Show what a message of the server says that is about no sentence. */
  showMessage(message) {
    if (message.type === "ready") this.#showModels(message.models);
    if (message.type === "status") this.#showDelay(message);
  }

  /** Show the rate of a Capture that runs. Its kind stands in the document's data, for tests. */
  showCapture({ sampleRate, kind }) {
    document.documentElement.dataset.capture = kind;
    this.rate.textContent = this.t("server.rate", { rate: sampleRate / 1000 });
  }

  #showModels({ stt, sentiment }) {
    const known = stt || sentiment;
    this.models.textContent = known ? this.t("server.models", { stt: stt ?? "–", sentiment: sentiment ?? "–" }) : "";
  }

  #showDelay({ queue_seconds: queueSeconds, level }) {
    const seconds = Math.round(queueSeconds);
    this.behind.hidden = level === "ok" || seconds < 1;
    this.behind.textContent = this.t("server.behind", { seconds });
  }
}
