/** The window in which a talk is copied or saved in one of several formats. */

import { copy, download } from "./save.js";
import { fileName, FORMATS } from "./formats.js";
import { make } from "../lib/dom.js";

const MOODS_OPTIONAL = ["txt", "md", "srt", "vtt"];

export class ExportPanel {
  #talks = [];

  constructor({ element, t }) {
    Object.assign(this, { element, t });
    for (const name of ["select", "which", "formats", "moods", "note"]) this[name] = element.querySelector(`.export-${name}`);
    element.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
    element.querySelector(".export-copy").addEventListener("click", () => this.#copy());
    element.querySelector(".sheet-close").addEventListener("click", () => element.close());
    this.formats.addEventListener("change", () => this.#showMoods());
    this.#offer();
  }

  /** `talks`: `[{title, file, startedAt, records}]`, the likeliest one last; `file` is what the saved file is named after. */
  open(talks) {
    this.#talks = talks;
    this.select.replaceChildren(...talks.map(({ title }, index) => new Option(title, index)).reverse());
    this.which.hidden = talks.length < 2;
    this.note.textContent = "";
    this.#showMoods();
    this.element.showModal();
  }

  get #extension() {
    return this.formats.querySelector(":checked").value;
  }

  #offer() {
    this.formats.append(...Object.keys(FORMATS).map((extension, index) => {
      const input = make("input", { type: "radio", name: "format", value: extension, checked: index ? null : "" });
      return make("label", { class: "choice" }, input, make("span", { class: "choice-name" }, extension.toUpperCase()),
        make("span", { class: "choice-hint", "data-text": `export.${extension}` }, this.t(`export.${extension}`)));
    }));
  }

  #showMoods() {
    const optional = MOODS_OPTIONAL.includes(this.#extension);
    this.moods.disabled = !optional;
    if (!optional) this.moods.checked = true;
  }

  #made() {
    const talk = this.#talks[Number(this.select.value)];
    const { type, make: text } = FORMATS[this.#extension];
    return { text: text(talk, { t: this.t, moods: this.moods.checked }), type, name: fileName(talk.file, this.#extension) };
  }

  #save() {
    const { text, type, name } = this.#made();
    download(text, name, type);
    this.element.close();
  }

  async #copy() {
    const copied = await copy(this.#made().text);
    this.note.textContent = this.t(copied ? "button.copied" : "button.copyFailed");
  }
}
