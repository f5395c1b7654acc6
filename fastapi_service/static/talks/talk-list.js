/** Every talk on the page, live ones, files and opened ones alike: the history, the export and the files are wired here. */

import { copy } from "../export/save.js";
import { ExportPanel } from "../export/export-panel.js";
import { FilesApi } from "../files/files-api.js";
import { FileTalk } from "../files/file-talk.js";
import { FilePicker } from "../files/file-picker.js";
import { text } from "../export/formats.js";
import { TalkStore } from "../history/talk-store.js";
import { HistoryPanel } from "../history/history-panel.js";
import { TalkSaver } from "../history/talk-saver.js";
import { SavedTalk } from "../history/saved-talk.js";

const LARGEST = Infinity; // a server that cannot be asked says it when the file comes

export class TalkList {
  /**
   * `$`: element by id; `locale()`: the page's language; `live()`: the talk that is being spoken, or null;
   * `judge(record)`: gives a rated record its mood; `options()`: what a file is understood by (see settings.js);
   * `onChange()`: what the page shows of talks has changed.
   */
  constructor({ $, t, locale, access, question, problems, announcer, follow, live, judge, options, onChange }) {
    Object.assign(this, { $, t, locale, access, question, problems, announcer, follow, live, judge, options, onChange });
    this.talks = [];
    this.history = new TalkStore();
    this.keeper = new TalkSaver({ history: this.history });
    this.client = new FilesApi({ access, base: document.baseURI });
    this.exporter = new ExportPanel({ element: $("export"), t });
    this.panel = new HistoryPanel({
      element: $("history"), t, locale, history: this.history, keeper: this.keeper, on: this.#orders(),
      retentionS: async () => (await access.config()).retention_s,
    });
    this.files = new FilePicker({
      button: [$("open-file"), $("empty-file")], input: $("file-input"), overlay: $("drop"),
      makeTalk: (file) => this.#place(new FileTalk(this.#forFile({ file, name: file.name }))),
      mostBytes: async () => (await access.config()).max_file_bytes ?? LARGEST,
    });
    $("history-open").addEventListener("click", () => this.panel.open());
    $("save").addEventListener("click", () => this.exporter.open(this.#contents()));
    $("copy").addEventListener("click", () => this.#copyAll());
  }

  /** The talk that the figures are about: what is being said, or else what came last and holds something. */
  get current() {
    return this.live() ?? this.talks.filter(({ records }) => records.length > 0).at(-1);
  }

  /** A live talk has begun. */
  add(talk) {
    this.talks.push(talk);
    this.$("empty").hidden = true;
  }

  /** Sentences of a live talk's newest part changed. */
  update({ part }, records) {
    if (!part.kept) this.keeper.begin(part);
    if (records.every(({ state }) => state === "speaking" || state === "waiting")) return; // a page sees seven of these a sentence
    this.keeper.save(part, records);
    this.showTools();
  }

  /** The reader's measure has changed. */
  rejudge() {
    for (const part of this.talks.flatMap(({ parts }) => parts)) part.rejudge();
    this.onChange();
  }

  /** No more will come of a live talk. */
  end(talk) {
    for (const part of talk.parts) this.keeper.end(part);
  }

  /** What this tab showed before it was loaded again. */
  async restore() {
    for (const id of this.keeper.shown()) {
      const kept = await this.history.load(id).catch(() => null);
      if (kept) this.#open(kept);
    }
  }

  redraw() {
    for (const talk of this.talks) talk.progress?.redraw();
  }

  /** Delete a part from the server and from the history, after a question. */
  async forget(part) {
    if (!(await this.question.confirm("delete"))) return;
    if (!(await this.access.delete(part.session))) return this.problems.show("notDeleted");
    await this.keeper.forget(part);
    part.deleted();
  }

  showTools() {
    this.$("copy").disabled = this.$("save").disabled = !this.talks.some(({ parts }) => parts.at(-1).hasWords);
  }

  // ---- talks of other kinds than live ones ----

  #place(talk) {
    const spoken = this.talks.indexOf(this.live());
    this.talks.splice(spoken < 0 ? this.talks.length : spoken, 0, talk);
    this.$("empty").hidden = true;
    this.follow.toEnd();
    this.onChange();
    return talk;
  }

  /** What the parts of a talk share with the page (see TalkPart). */
  page() {
    const { t, judge } = this;
    const before = this.live()?.parts[0].transcript.element ?? null; // what is being said stays below everything
    return { parent: this.$("talks"), before, t, judge, locale: this.locale(), onDelete: (part) => this.forget(part) };
  }

  #forFile(details) {
    return {
      page: this.page(), ...details, api: this.client, options: this.options,
      onChange: (talk, records) => this.#changed(talk, records),
      onState: (talk) => this.#followFile(talk),
      onRemove: (talk) => this.#remove(talk),
    };
  }

  #changed(talk, records) {
    this.keeper.save(talk.part, records);
    this.showTools();
    this.onChange();
  }

  #followFile(talk) {
    const { part } = talk;
    if (talk.state === "working") this.keeper.begin(part);
    if (!talk.over) return;
    this.announcer.say(`${talk.name}: ${talk.progress.words.textContent}`); // its sentences would be too many to read out
    if (talk.rested) this.keeper.end(part);
  }

  #remove(talk) {
    this.#takeAway(talk);
    this.$("open-file").focus();
  }

  #takeAway(talk) {
    this.talks.splice(this.talks.indexOf(talk), 1);
    this.keeper.forget(talk.part);
    talk.part.remove();
    this.$("empty").hidden = this.talks.length > 0;
    this.onChange();
  }

  #open({ talk, records }) {
    const title = this.panel.titleOf(talk);
    if (talk.kind === "file" && !talk.ended) return this.#goOnWithFile(talk, records);
    const opened = this.#place(new SavedTalk({
      page: this.page(), talk, records, title, onChange: (one, changed) => this.#changed(one, changed),
    }));
    this.showTools();
    if (!talk.ended) this.#complete(opened);
  }

  /** What was being said when the page went is answered a little later. */
  async #complete(opened) {
    await opened.catchUp((session) => this.access.results(session));
    this.keeper.end(opened.part);
    if (opened.records.every(({ state }) => state === "silent")) this.#takeAway(opened);
  }

  /** The page was loaded again while the server worked on a file: its bytes are not here any more, its session is. */
  #goOnWithFile(talk, records) {
    const session = { sessionId: talk.id, resumeToken: talk.resumeToken };
    const details = { file: null, name: talk.name, session, records, startedAt: new Date(talk.startedAt) };
    const file = this.#place(new FileTalk(this.#forFile(details)));
    this.showTools();
    file.run();
  }

  // ---- the history's orders ----

  #orders() {
    return {
      open: (talk) => this.#show(talk),
      rename: (talk, name) => this.#rename(talk, name),
      export: async (talk) => {
        const { records } = await this.history.load(talk.id);
        this.exporter.open([this.#exported(this.panel.titleOf(talk), talk, records)]);
      },
      delete: async (talk) => (await this.question.confirm("deleteKept")) && this.#deleteAll([talk]),
      clear: async (talks) => (await this.question.confirm("clearHistory")) && this.#deleteAll(talks),
      off: async () => {
        const talks = await this.history.list().catch(() => []);
        if (talks.length === 0) return true;
        return (await this.question.confirm("historyOff")) && this.#deleteAll(talks);
      },
    };
  }

  async #show(talk) {
    let part = this.#partOf(talk.id);
    if (!part) {
      this.#open(await this.history.load(talk.id));
      part = this.#partOf(talk.id);
    }
    part.transcript.element.scrollIntoView({ block: "start" });
    part.transcript.element.focus({ preventScroll: true });
  }

  async #rename(talk, name) {
    await this.history.rename(talk.id, name);
    const part = this.#partOf(talk.id);
    if (!part) return;
    part.rename(name);
  }

  /** Here and on the server. Where that does not answer, only after another question. True: they are gone here. */
  async #deleteAll(talks) {
    const left = [];
    for (const talk of talks) {
      if (await this.access.delete({ sessionId: talk.id, resumeToken: talk.resumeToken })) await this.#drop(talk);
      else left.push(talk);
    }
    if (left.length === 0) return true;
    if (!(await this.question.confirm("deleteHere"))) return false;
    for (const talk of left) await this.#drop(talk);
    return true;
  }

  async #drop(talk) {
    const part = this.#partOf(talk.id);
    if (!part) return this.keeper.drop(talk.id);
    await this.keeper.forget(part);
    part.deleted();
  }

  #partOf(id) {
    return this.talks.flatMap(({ parts }) => parts).find(({ session }) => session?.sessionId === id);
  }

  // ---- taking along ----

  #contents() {
    const parts = this.talks.flatMap((talk) => talk.parts);
    return parts.filter((part) => part.hasWords).map((part) => this.#exported(part.transcript.title, part, part.records));
  }

  #exported(title, { kind, name, startedAt }, records) {
    const start = new Date(startedAt);
    const day = new Date(start - start.getTimezoneOffset() * 60_000).toISOString().slice(0, 16).replace("T", " ").replace(":", ".");
    const file = kind === "file" ? name.replace(/\.[a-z]\w{1,4}$/iu, "") : name || this.t("export.fileName", { date: day });
    return { title, file, startedAt: start, records };
  }

  async #copyAll() {
    const copied = await copy(this.#contents().map((talk) => text(talk, { t: this.t })).join("\n").trimEnd());
    const word = this.$("copy-word");
    word.textContent = this.t(copied ? "button.copied" : "button.copyFailed");
    setTimeout(() => (word.textContent = this.t("button.copy")), 2500);
  }
}
