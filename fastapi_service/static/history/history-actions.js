/** What the reader does with talks of the history, beside deleting them; and what a tab showed before it was loaded again. */

import { SavedTalk } from "./saved-talk.js";
import { talkTitle } from "./talk-title.js";

export class HistoryActions {
  /**
   * `list`: the TalkList; `store`, `saver`: TalkStore, TalkSaver; `access`: asks the server; `files`: FilesInWork, which
   * goes on with a file; `exporter`: a TranscriptExport; `locale()`: the reader's language.
   */
  constructor({ list, store, saver, access, files, exporter, t, locale }) {
    Object.assign(this, { list, store, saver, access, files, exporter, t, locale });
  }

  /** Show what this tab showed before it was loaded again. */
  async restore() {
    for (const id of this.saver.shown()) {
      const saved = await this.store.load(id).catch(() => null);
      if (saved) this.#add(saved);
    }
  }

  /** Show a talk, and go to it. */
  async open({ id }) {
    if (!this.list.partOf(id)) this.#add(await this.store.load(id));
    const { element } = this.list.partOf(id).transcript;
    element.scrollIntoView({ block: "start" });
    element.focus({ preventScroll: true });
  }

  async rename({ id }, name) {
    await this.store.rename(id, name);
    this.list.partOf(id)?.rename(name);
  }

  async export(talk) {
    const { records } = await this.store.load(talk.id);
    this.exporter.openSaved(talkTitle(talk, this), talk, records);
  }

  #add({ talk, records }) {
    if (talk.kind === "file" && !talk.ended) return this.files.goOn(talk, records);
    const opened = this.list.add(new SavedTalk({ page: this.list.page(), talk, records, title: talkTitle(talk, this) }));
    if (!talk.ended) this.#complete(opened);
  }

  /** What was being said when the page went is answered a little later. A talk without any words is not shown. */
  async #complete(opened) {
    await opened.catchUp((session) => this.access.results(session));
    this.list.end(opened);
    if (opened.records.every(({ state }) => state === "silent")) this.list.remove(opened);
  }
}
