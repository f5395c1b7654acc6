/** Files on their way to the server and through it, as talks on the page. */

import { FileTalk } from "./file-talk.js";

export class FilesInWork {
  /** `api`: a FilesApi; `options()`: what the speech is understood by; `opener`: the button that opens another file. */
  constructor({ list, api, options, announcer, opener }) {
    Object.assign(this, { list, api, options, announcer, opener });
  }

  /** The reader has chosen a File: its talk, which runs when it is told to. */
  add(file) {
    return this.#add({ file, name: file.name });
  }

  /** The page was loaded again while the server worked on a file: its bytes are no longer here, but its session is. */
  goOn(talk, records) {
    const session = { sessionId: talk.id, resumeToken: talk.resumeToken };
    this.#add({ file: null, name: talk.name, session, records, startedAt: new Date(talk.startedAt) }).run();
  }

  /** Write how far they are in the reader's new language. */
  redraw() {
    for (const talk of this.list.talks) if (talk instanceof FileTalk) talk.progress.redraw();
  }

  #add(details) {
    const { api, options } = this;
    return this.list.add(new FileTalk({
      page: this.list.page(), ...details, api, options, onState: (talk) => this.#follow(talk), onRemove: (talk) => this.#remove(talk),
    }));
  }

  #follow(talk) {
    if (talk.state === "working") this.list.update(talk.part, []); // it is worth keeping from now on
    if (!talk.over) return;
    this.announcer.say(`${talk.name}: ${talk.progress.words.textContent}`); // its sentences would be too many to read out
    if (talk.rested) this.list.end(talk);
  }

  #remove(talk) {
    this.list.remove(talk);
    this.opener.focus();
  }
}
