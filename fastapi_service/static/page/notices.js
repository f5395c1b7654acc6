/** Lines of small print: what the server says of itself, and what the microphone gives. */

export class Notices {
  /** One element a line: words that are not kept, a server that is behind, its models, the microphone's rate. */
  constructor({ held, behind, models, rate, t }) {
    Object.assign(this, { held, behind, models, rate, t });
  }

  /** The server has taken no audio for so long that the page keeps no more of it, or takes it again. */
  showHeld({ full, seconds }) {
    this.held.hidden = !full;
    this.held.textContent = full ? this.t("held.full", { seconds: Math.round(seconds) }) : "";
  }

  /** A message of the server's that is about no sentence. */
  showMessage(message) {
    if (message.type === "ready") this.#showModels(message.models);
    if (message.type === "status") this.#showDelay(message);
  }

  /** `capture`: a Capture that runs. How it records is said in the document's data, where tests find it. */
  showCapture({ sampleRate, kind }) {
    document.documentElement.dataset.capture = kind;
    this.rate.textContent = this.t("server.rate", { rate: sampleRate / 1000 });
  }

  #showModels({ stt, sentiment }) {
    this.models.textContent = stt || sentiment ? this.t("server.models", { stt: stt ?? "–", sentiment: sentiment ?? "–" }) : "";
  }

  #showDelay({ queue_seconds: queueSeconds, level }) {
    const seconds = Math.round(queueSeconds);
    this.behind.hidden = level === "ok" || seconds < 1;
    this.behind.textContent = this.t("server.behind", { seconds });
  }
}
