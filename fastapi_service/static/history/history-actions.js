/** What the reader does with talks of the history, except deleting them; and the talks of a tab that is loaded again. */

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

  /** Show a talk on the page, unless it stands there, and scroll to it. */
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

  /** Open the window of formats for a talk. */
  async export(talk) {
    const { records } = await this.store.load(talk.id);
    this.exporter.openSaved(talkTitle(talk, this), talk, records);
  }

  #add({ talk, records }) {
    if (talk.kind === "file" && !talk.ended) return this.files.goOn(talk, records);
    const title = talkTitle(talk, this);
    const opened = this.list.add(new SavedTalk({ page: this.list.page(), talk, records, title }));
    if (!talk.ended) this.#complete(opened);
  }

  /** What was being said when the page went is answered a little later. A talk in which nothing was said goes. */
  async #complete(opened) {
    await opened.catchUp((session) => this.access.results(session));
    this.list.end(opened);
    if (opened.records.every(({ state }) => state === "silent")) this.list.remove(opened);
  }
}
