/** Takes along what stands on the page: all of it copied at once, or one talk exported in a format. */

import { text } from "./formats.js";
import { copy } from "./save.js";

const COPIED_FOR_MS = 2500;

export class TranscriptExport {
  /** `list`: the TalkList; `panel`: an ExportPanel; `copyWord`: the element with the words of `copyButton`. */
  constructor({ list, panel, saveButton, copyButton, copyWord, t }) {
    Object.assign(this, { list, panel, saveButton, copyButton, copyWord, t });
    saveButton.addEventListener("click", () => panel.open(this.#contents()));
    copyButton.addEventListener("click", () => this.#copyAll());
  }

  /** Enable the buttons, unless no talk has any words. */
  offer() {
    this.copyButton.disabled = this.saveButton.disabled = !this.list.parts.some((part) => part.hasWords);
  }

  /** Export a talk of the history. */
  openSaved(title, talk, records) {
    this.panel.open([this.#entry(title, talk, records)]);
  }

  #contents() {
    const filled = this.list.parts.filter((part) => part.hasWords);
    return filled.map((part) => this.#entry(part.transcript.title, part, part.records));
  }

  /** A talk as ExportPanel.open takes it. */
  #entry(title, { kind, name, startedAt }, records) {
    const start = new Date(startedAt);
    const file = kind === "file" ? withoutExtension(name) : name || this.t("export.fileName", { date: dateForFiles(start) });
    return { title, file, startedAt: start, records };
  }

  async #copyAll() {
    const copied = await copy(this.#contents().map((talk) => text(talk, { t: this.t })).join("\n").trimEnd());
    this.copyWord.textContent = this.t(copied ? "button.copied" : "button.copyFailed");
    setTimeout(() => (this.copyWord.textContent = this.t("button.copy")), COPIED_FOR_MS);
  }
}

const withoutExtension = (name) => name.replace(/\.[a-z]\w{1,4}$/iu, "");

/** "2026-11-25 10.20", in the reader's time zone: no file system objects to it. */
function dateForFiles(date) {
  const local = new Date(date - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16).replace("T", " ").replace(":", ".");
}
