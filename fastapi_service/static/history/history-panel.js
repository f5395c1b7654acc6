/** The list of earlier talks: open, rename, export, delete. */

import { icon, make } from "../lib/dom.js";
import { MOODS } from "../sentences/mood.js";
import { clock, lasting } from "../lib/time.js";

/** The mood that most sentences have, NEUTRAL where two have as many; null where none has one. Pure. */
export function mainMood({ moods }) {
  const most = Math.max(...MOODS.map((mood) => moods[mood]));
  if (most === 0) return null;
  const first = MOODS.filter((mood) => moods[mood] === most);
  return first.length === 1 ? first[0] : "NEUTRAL";
}

export class HistoryPanel {
  /** `history`, `keeper`: see there. `on`: `{open, rename, export, delete, clear, off}`, each given what it concerns. */
  constructor({ element, t, locale, history, keeper, on, retentionS }) {
    Object.assign(this, { element, t, locale, history, keeper, on, retentionS });
    const [list, empty, kept, clear, retention] = ["list", "empty", "kept", "clear", "retention"].map((name) => element.querySelector(`.history-${name}`));
    Object.assign(this, { list, empty, kept, clear, retention });
    element.querySelector(".sheet-close").addEventListener("click", () => element.close());
    kept.addEventListener("change", () => this.#switch());
    clear.addEventListener("click", async () => {
      await on.clear(await this.history.list());
      await this.refresh();
    });
  }

  async open() {
    await this.refresh();
    this.element.showModal();
  }

  async refresh() {
    const talks = await this.history.list().catch(() => null);
    this.list.replaceChildren(...(talks ?? []).map((talk) => this.#entry(talk)));
    this.empty.hidden = Boolean(talks?.length);
    this.empty.textContent = this.t(talks ? (this.keeper.on ? "history.empty" : "history.off") : "history.impossible");
    this.kept.checked = this.keeper.on;
    this.clear.disabled = !talks?.length;
    const seconds = await this.retentionS();
    this.retention.textContent = seconds ? this.t("history.retention", { time: lasting(seconds, this.locale()) }) : this.t("history.here");
  }

  async #switch() {
    const wanted = this.kept.checked;
    if (!wanted && !(await this.on.off())) this.kept.checked = true;
    else this.keeper.on = wanted;
    await this.refresh();
  }

  #entry(talk) {
    const title = this.titleOf(talk);
    const head = make("button", { type: "button", class: "kept-open" }, make("span", { class: "kept-title" }, title),
      make("span", { class: "kept-words" }, talk.summary.firstWords || this.t("history.noWords")), this.#facts(talk));
    head.addEventListener("click", () => {
      this.element.close();
      this.on.open(talk);
    });
    const entry = make("li", { class: "kept" });
    const tool = (name, act) => this.#tool(name, title, act);
    entry.append(head, make("div", { class: "kept-tools" },
      tool("rename", () => this.#rename(entry, talk)),
      tool("export", () => this.on.export(talk)),
      tool("delete", async () => {
        await this.on.delete(talk);
        await this.refresh();
        this.element.querySelector(".kept-open, .sheet-close").focus();
      })));
    return entry;
  }

  #facts({ name, startedAt, summary }) {
    const mood = mainMood(summary);
    const parts = [...(name ? [this.#date(startedAt)] : []), clock(summary.lengthS), this.t(summary.sentences === 1 ? "history.sentence" : "history.sentences", { count: summary.sentences })];
    const words = make("span", { class: "kept-facts" }, parts.join(" · "));
    if (mood) words.append(make("span", { class: "kept-mood", "data-mood": mood }, icon(mood.toLowerCase()), this.t(`mood.${mood}`)));
    return words;
  }

  /** The name the reader gave, the file's, or when it was. */
  titleOf({ name, startedAt }) {
    return name || this.t("history.talkOf", { date: this.#date(startedAt) });
  }

  #date(ms) {
    return new Date(ms).toLocaleString(this.locale(), { dateStyle: "medium", timeStyle: "short" });
  }

  #tool(name, title, act) {
    const words = this.t(`history.${name}`);
    const button = make("button", { type: "button", class: `quiet kept-${name}`, "aria-label": `${words}: ${title}`, title: words }, icon(name === "export" ? "save" : name));
    button.addEventListener("click", act);
    return button;
  }

  #rename(entry, talk) {
    const input = make("input", { class: "ask-input kept-name", maxlength: 100, "aria-label": this.t("history.newName"), value: this.titleOf(talk) });
    const form = make("form", { class: "kept-form" }, input,
      make("button", { type: "submit", class: "ask-yes" }, this.t("button.saveName")));
    const back = async () => {
      await this.refresh();
      this.list.children[index]?.querySelector(".kept-rename").focus();
    };
    const index = [...this.list.children].indexOf(entry);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (input.value.trim()) await this.on.rename(talk, input.value.trim());
      await back();
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault(); // it ends the renaming, and not the whole window
      event.stopPropagation();
      back();
    });
    entry.replaceChildren(form);
    input.select();
  }
}
