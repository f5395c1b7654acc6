/** The list of earlier talks: open, rename, export, delete. */

import { icon, make } from "../lib/dom.js";
import { MOODS } from "../sentences/mood.js";
import { clock, dateAndTime, lasting } from "../lib/time.js";
import { talkTitle } from "./talk-title.js";

/** The mood that most sentences have, NEUTRAL where two have as many; null where none has one. Pure. */
export function mainMood({ moods }) {
  const most = Math.max(...MOODS.map((mood) => moods[mood]));
  if (most === 0) return null;
  const first = MOODS.filter((mood) => moods[mood] === most);
  return first.length === 1 ? first[0] : "NEUTRAL";
}

export class HistoryPanel {
  /**
   * `store`, `saver`, `actions`, `deletion`: TalkStore, TalkSaver, HistoryActions, TalkDeletion; `locale()`: the reader's
   * language; `retentionS()`: a promise of how long the server keeps talks, in seconds, or of nothing.
   */
  constructor({ element, t, locale, store, saver, actions, deletion, retentionS }) {
    Object.assign(this, { element, t, locale, store, saver, actions, deletion, retentionS });
    const [list, empty, kept, clear, retention] = ["list", "empty", "kept", "clear", "retention"].map((name) => element.querySelector(`.history-${name}`));
    Object.assign(this, { list, empty, kept, clear, retention });
    element.querySelector(".sheet-close").addEventListener("click", () => element.close());
    kept.addEventListener("change", () => this.#switch());
    clear.addEventListener("click", async () => {
      await deletion.deleteTalks("clearHistory", await store.list());
      await this.refresh();
    });
  }

  async open() {
    await this.refresh();
    this.element.showModal();
  }

  async refresh() {
    const talks = await this.store.list().catch(() => null);
    this.list.replaceChildren(...(talks ?? []).map((talk) => this.#entry(talk)));
    this.empty.hidden = Boolean(talks?.length);
    this.empty.textContent = this.t(talks ? (this.saver.on ? "history.empty" : "history.off") : "history.impossible");
    this.kept.checked = this.saver.on;
    this.clear.disabled = !talks?.length;
    const seconds = await this.retentionS();
    this.retention.textContent = seconds ? this.t("history.retention", { time: lasting(seconds, this.locale()) }) : this.t("history.here");
  }

  async #switch() {
    const wanted = this.kept.checked;
    if (wanted || (await this.#deleteAll())) this.saver.on = wanted;
    await this.refresh();
  }

  /** Who wants no history wants none of what is in it. Returns whether it is empty now. */
  async #deleteAll() {
    const talks = await this.store.list().catch(() => []);
    return talks.length === 0 || this.deletion.deleteTalks("historyOff", talks);
  }

  #entry(talk) {
    const title = talkTitle(talk, this);
    const head = make("button", { type: "button", class: "kept-open" }, make("span", { class: "kept-title" }, title),
      make("span", { class: "kept-words" }, talk.summary.firstWords || this.t("history.noWords")), this.#facts(talk));
    head.addEventListener("click", () => {
      this.element.close();
      this.actions.open(talk);
    });
    const entry = make("li", { class: "kept" });
    const tool = (name, act) => this.#tool(name, title, act);
    entry.append(head, make("div", { class: "kept-tools" },
      tool("rename", () => this.#rename(entry, talk)),
      tool("export", () => this.actions.export(talk)),
      tool("delete", async () => {
        await this.deletion.deleteTalks("deleteKept", [talk]);
        await this.refresh();
        this.element.querySelector(".kept-open, .sheet-close").focus();
      })));
    return entry;
  }

  #facts({ name, startedAt, summary }) {
    const mood = mainMood(summary);
    const parts = [...(name ? [dateAndTime(startedAt, this.locale())] : []), clock(summary.lengthS), this.t(summary.sentences === 1 ? "history.sentence" : "history.sentences", { count: summary.sentences })];
    const words = make("span", { class: "kept-facts" }, parts.join(" · "));
    if (mood) words.append(make("span", { class: "kept-mood", "data-mood": mood }, icon(mood.toLowerCase()), this.t(`mood.${mood}`)));
    return words;
  }

  #tool(name, title, act) {
    const words = this.t(`history.${name}`);
    const button = make("button", { type: "button", class: `quiet kept-${name}`, "aria-label": `${words}: ${title}`, title: words }, icon(name === "export" ? "save" : name));
    button.addEventListener("click", act);
    return button;
  }

  #rename(entry, talk) {
    const input = make("input", { class: "ask-input kept-name", maxlength: 100, "aria-label": this.t("history.newName"), value: talkTitle(talk, this) });
    const form = make("form", { class: "kept-form" }, input,
      make("button", { type: "submit", class: "ask-yes" }, this.t("button.saveName")));
    const back = async () => {
      await this.refresh();
      this.list.children[index]?.querySelector(".kept-rename").focus();
    };
    const index = [...this.list.children].indexOf(entry);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (input.value.trim()) await this.actions.rename(talk, input.value.trim());
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
