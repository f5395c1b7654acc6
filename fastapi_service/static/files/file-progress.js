/** How far a file is: a line and a bar below its title, which stay in view while its sentences come. */

import { icon, make } from "../lib/dom.js";
import { hasText } from "../texts/texts.js";
import { clock } from "../lib/time.js";

const DONE = ["file.silent", "file.doneOne"]; // for no sentence, and for one
/** States of a file in which nothing more happens by itself. */
export const OVER = ["done", "failed", "cancelled", "lost"];

/** `{words, share}` for a state. `share` is 0..1, null where nobody knows it, undefined where there is no bar. Pure. */
export function progressOf(state, details, t) {
  const { share, heard = 0, length = null, sentences = 0, problem = null, values = {}, unread = 0 } = details;
  if (state === "uploading") return { words: t("file.uploading", { percent: Math.floor(share * 100) }), share };
  if (state === "working" && length) {
    const done = Math.min(1, heard / length);
    return { words: t("file.working", { heard: clock(heard), length: clock(length) }), share: done };
  }
  if (state === "working") {
    return { words: t(heard ? "file.workingUnknown" : "file.beginning", { heard: clock(heard) }), share: null };
  }
  if (state === "done") {
    const words = t(DONE[sentences] ?? "file.done", { sentences, length: clock(heard) });
    return { words: unread >= 0.5 ? `${words}. ${t("file.unread", { seconds: Math.round(unread) })}` : words };
  }
  if (state === "failed") {
    const key = `file.problem.${problem}`;
    return { words: t(hasText(key) ? key : "file.problem.error", values) };
  }
  return { words: t(`file.${state}`), share: OVER.includes(state) ? undefined : state === "queued" ? 0 : null };
}

export class FileProgress {
  #shown = ["queued", {}];

  constructor({ transcript, name, t, onCancel, onRetry, onRemove }) {
    this.t = t;
    this.words = make("p", { class: "file-words" });
    this.bar = make("progress", { class: "file-bar", max: 1, "aria-label": t("file.progressLabel", { name }) });
    this.cancel = this.#button("cancel", "button.cancelFile", name, onCancel);
    this.retry = this.#button("retry", "button.retryFile", name, onRetry);
    this.remove = this.#button("close", "button.removeFile", name, onRemove);
    this.element = make("div", { class: "file" },
      make("div", { class: "file-line" }, this.words, this.retry, this.cancel, this.remove), this.bar);
    transcript.list.before(this.element);
    this.show(...this.#shown);
  }

  show(state, details) {
    this.#shown = [state, details];
    const { words, share } = progressOf(state, details, this.t);
    if (this.words.textContent !== words) this.words.textContent = words;
    this.element.dataset.state = state;
    this.bar.hidden = share === undefined;
    if (Number.isFinite(share)) this.bar.value = share;
    else this.bar.removeAttribute("value");
    const over = OVER.includes(state);
    this.cancel.hidden = over;
    this.retry.hidden = !(over && details.retry);
    this.remove.hidden = !over || state === "done" || details.sentences > 0;
  }

  /** Show the same in another language. */
  redraw() {
    this.show(...this.#shown);
  }

  #button(name, key, file, onClick) {
    const button = make("button", { type: "button", class: `quiet file-${name}`, "aria-label": `${this.t(key)}: ${file}` },
      ...(name === "retry" ? [] : [icon("close")]), this.t(key));
    button.addEventListener("click", onClick);
    return button;
  }
}
