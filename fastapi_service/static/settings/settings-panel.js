/** The panel of settings: shows what is chosen and offers what the server can do. It is a <dialog>, with its keyboard ways. */

import { languageName } from "../texts/language-name.js";
import { lasting } from "../lib/time.js";
import { HISTORY_DAYS, OF_A_TALK, startFields } from "./settings.js";

const CHECKS = { noise: "noise", gain: "gain", echo: "echo" };
const LEAST_UNSURE = 50; // percent; here, at its left end, the measure is off: every named feeling is more probable than not

export class SettingsPanel {
  #part;

  /**
   * `speech()`: what the server can do (see Access); `isTalking()`: whether a talk runs now; `onOpen()`: the panel has been
   * opened; `onReset()`: all settings are the page's own again.
   */
  constructor({ element, opener, settings, t, speech, isTalking, onOpen, onReset }) {
    Object.assign(this, { element, settings, t, speech, isTalking });
    this.#part = (name) => element.querySelector(`#settings-${name}`);
    opener.addEventListener("click", () => {
      this.#say("");
      this.show();
      element.showModal();
      onOpen();
    });
    for (const name of ["close", "done"]) this.#part(name).addEventListener("click", () => element.close());
    element.addEventListener("click", (event) => event.target === element && element.close()); // a click beside the panel
    this.#part("reset").addEventListener("click", () => {
      settings.reset();
      onReset();
      this.show();
      this.#say("settings.wasReset");
    });
    this.#listen();
  }

  #listen() {
    const { settings } = this;
    const on = (name, event, act) => this.#part(name).addEventListener(event, ({ target }) => act(target));
    on("spoken", "change", ({ value }) => {
      settings.set("spoken", value);
      this.show();
    });
    on("among", "change", ({ selectedOptions }) => settings.set("among", [...selectedOptions].map(({ value }) => value)));
    on("task", "change", ({ value }) => settings.set("task", value));
    on("endpoint", "change", ({ value }) => settings.set("endpointMs", Number(value)));
    on("words", "change", ({ checked }) => settings.set("words", checked));
    on("unsure", "change", ({ value }) => settings.set("unsure", Number(value) > LEAST_UNSURE ? Number(value) / 100 : 0));
    for (const [part, name] of Object.entries(CHECKS)) on(part, "change", ({ checked }) => settings.set(name, checked));
    on("history", "change", ({ value }) => settings.set("historyDays", Number(value)));
    on("theme", "change", ({ value }) => settings.set("theme", value));
    for (const name of ["endpoint", "unsure"]) on(name, "input", () => this.#writeRanges());
  }

  /** Say from when a setting holds that has changed. */
  changed(name) {
    if (!this.element.open) return;
    if (OF_A_TALK.includes(name)) this.#say(this.isTalking() ? "settings.saidNextTalk" : "settings.saved");
    else this.#say("settings.saidNow");
  }

  /** Show everything as it is now, in the reader's language. */
  show() {
    const { settings: { values }, t } = this;
    const speech = this.speech();
    const fields = startFields(values, speech);
    this.#showLanguages(speech, fields);
    const endpoint = this.#part("endpoint");
    Object.assign(endpoint, { min: speech.least_endpoint_ms, max: speech.most_endpoint_ms });
    endpoint.value = fields.endpointMs ?? speech.defaults.endpoint_ms ?? 400;
    this.#part("words").checked = values.words ?? speech.defaults.words ?? false;
    this.#part("unsure").value = Math.round(values.unsure * 100) || LEAST_UNSURE;
    for (const [part, name] of Object.entries(CHECKS)) this.#part(part).checked = values[name];
    this.element.querySelector(`[name=theme][value=${values.theme}]`).checked = true;
    this.#fill("history", HISTORY_DAYS.map((days) => [this.#age(days), days]), values.historyDays);
    const { stt, sentiment } = speech.models;
    this.#part("models").textContent = t(stt ? "server.models" : "settings.noWorker", { stt, sentiment: sentiment ?? "–" });
    this.#writeRanges();
  }

  #showLanguages({ languages, tasks, defaults, models }, { language, languages: among, task }) {
    const { t } = this;
    const only = languages.length === 1;
    this.#part("only").textContent = only ? t("settings.only", { model: models.stt ?? "", name: this.#name(languages[0]) }) : "";
    this.#part("language-row").hidden = only;
    this.#part("task-row").hidden = only || tasks.length === 1;
    const byModel = defaults.language
      ? t("settings.spoken.server", { name: this.#name(defaults.language) })
      : t("settings.spoken.auto");
    const known = languages.length || !language ? languages : [language];
    const named = known.map((code) => [this.#name(code), code]).sort(([one], [other]) => one.localeCompare(other, this.#reader));
    this.#fill("spoken", [[byModel, ""], ...named], language);
    this.#part("among-row").hidden = only || Boolean(language || defaults.language) || known.length === 0;
    this.#fill("among", named, "");
    for (const option of this.#part("among").options) option.selected = among.includes(option.value);
    const offered = tasks.length ? tasks : ["transcribe", "translate"];
    this.#fill("task", offered.map((each) => [t(`settings.task.${each}`), each]), task || defaults.task || "transcribe");
  }

  #fill(name, options, value) {
    const select = this.#part(name);
    select.replaceChildren(...options.map((each) => new Option(...each)));
    select.value = value ?? "";
  }

  #writeRanges() {
    const { t } = this;
    const seconds = (this.#part("endpoint").value / 1000).toFixed(1);
    const least = Number(this.#part("unsure").value);
    this.#write("endpoint", t("settings.endpoint.value", { seconds }));
    this.#write("unsure", least > LEAST_UNSURE ? `${least} %` : t("settings.unsure.off"));
  }

  #write(name, words) {
    const range = this.#part(name);
    range.setAttribute("aria-valuetext", words);
    range.nextElementSibling.textContent = words;
  }

  #age(days) {
    return days ? lasting(days * 86_400, this.#reader) : this.t("settings.history.always");
  }

  #name(code) {
    return languageName(code, this.#reader);
  }

  get #reader() {
    return document.documentElement.lang || "en";
  }

  #say(key) {
    this.#part("state").textContent = key && this.t(key);
  }
}
