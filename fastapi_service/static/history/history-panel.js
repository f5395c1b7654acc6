/** The list of earlier talks, in which each can be opened, renamed, exported and deleted. */

import { icon, make } from "../lib/dom.js";
import { MOODS } from "../sentences/mood.js";
import { clock, dateAndTime, lasting } from "../lib/time.js";
import { talkTitle } from "./talk-title.js";

/** The mood of most sentences, NEUTRAL where two moods are as frequent, null where no sentence has one. Pure. */
export function mainMood({ moods }) {
  const most = Math.max(...MOODS.map((mood) => moods[mood]));
  if (most === 0) return null;
  const first = MOODS.filter((mood) => moods[mood] === most);
  return first.length === 1 ? first[0] : "NEUTRAL";
}

export class HistoryPanel {
  /**
   * `store`, `saver`, `actions`, `deletion`: TalkStore, TalkSaver, HistoryActions, TalkDeletion; `locale()`: the reader's
   * language; `retentionS()`: a promise of how long the server keeps talks, in seconds, or of nothing; `days()`: how long
   * this browser keeps them, 0 where that has no limit.
   */
  constructor({ element, t, locale, store, saver, actions, deletion, retentionS, days }) {
    Object.assign(this, { element, t, locale, store, saver, actions, deletion, retentionS, days });
    for (const name of ["list", "empty", "kept", "clear", "retention"]) this[name] = element.querySelector(`.history-${name}`);
    element.querySelector(".sheet-close").addEventListener("click", () => element.close());
    this.kept.addEventListener("change", () => this.#switch());
    this.clear.addEventListener("click", async () => {
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
    const time = seconds && lasting(seconds, this.locale());
    const days = this.days();
    const age = days ? this.t("history.age", { time: lasting(days * 86_400, this.locale()) }) : "";
    this.retention.textContent = `${this.t(seconds ? "history.retention" : "history.here", { time })} ${age}`;
  }

  async #switch() {
    const wanted = this.kept.checked;
    if (wanted || (await this.#deleteAll())) this.saver.on = wanted;
    await this.refresh();
  }

  /** Empty the history, after a question; returns whether it is empty now. */
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
    const date = name ? dateAndTime(startedAt, this.locale()) : null; // a talk without a name is titled by its date
    const count = this.t(summary.sentences === 1 ? "history.sentence" : "history.sentences", { count: summary.sentences });
    const facts = [date, clock(summary.lengthS), count].filter(Boolean).join(" · ");
    const words = make("span", { class: "kept-facts" }, facts);
    if (!mood) return words;
    words.append(make("span", { class: "kept-mood", "data-mood": mood }, icon(mood.toLowerCase()), this.t(`mood.${mood}`)));
    return words;
  }

  #tool(name, title, act) {
    const words = this.t(`history.${name}`);
    const attributes = { type: "button", class: `quiet kept-${name}`, "aria-label": `${words}: ${title}`, title: words };
    const button = make("button", attributes, icon(name === "export" ? "save" : name));
    button.addEventListener("click", act);
    return button;
  }

  #rename(entry, talk) {
    const input = make("input", {
      class: "ask-input kept-name", maxlength: 100, "aria-label": this.t("history.newName"), value: talkTitle(talk, this),
    });
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
      event.preventDefault(); // Escape ends the renaming, and not the whole window
      event.stopPropagation();
      back();
    });
    entry.replaceChildren(form);
    input.select();
  }
}
