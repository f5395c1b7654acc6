/** The files that stand on the page as talks: makes them, and tells the list what becomes of them. */

import { FileTalk } from "./file-talk.js";

export class FilesInWork {
  /** `list`: the TalkList; `api`: a FilesApi; `options()`: see startFields; `opener`: the button that opens another file. */
  constructor({ list, api, options, announcer, opener }) {
    Object.assign(this, { list, api, options, announcer, opener });
  }

  /** Make a talk of a File that the reader has chosen, and return it. It begins when it is run. */
  add(file) {
    return this.#add({ file, name: file.name });
  }

  /** Go on with a file on which the server worked when the page was loaded again. Its bytes are gone, its session is not. */
  goOn(talk, records) {
    const session = { sessionId: talk.id, resumeToken: talk.resumeToken };
    this.#add({ file: null, name: talk.name, session, records, startedAt: new Date(talk.startedAt) }).run();
  }

  /** Show how far they are in another language. */
  redraw() {
    for (const talk of this.list.talks) if (talk instanceof FileTalk) talk.progress.redraw();
  }

  #add(details) {
    const { api, options } = this;
    return this.list.add(new FileTalk({
      page: this.list.page(), ...details, api, options,
      onState: (talk) => this.#follow(talk), onRemove: (talk) => this.#remove(talk),
    }));
  }

  /** The state of a file has changed. */
  #follow(talk) {
    if (talk.state === "working") this.list.update(talk.part, []); // from now on it is kept, and found again after a reload
    if (!talk.over) return;
    this.announcer.say(`${talk.name}: ${talk.progress.words.textContent}`); // its sentences would be too many to read out
    if (talk.rested) this.list.end(talk);
  }

  #remove(talk) {
    this.list.remove(talk);
    this.opener.focus();
  }
}
