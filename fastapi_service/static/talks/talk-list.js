/** Every talk on the page, in the order in which it stands there: live ones, files, and talks out of the history alike. */

import { isOpen } from "../sentences/utterances.js";

/**
 * Tells whoever listens what happens to the talks:
 * - `add`, `remove` `{talk}`: it stands on the page from now on, or no longer.
 * - `update` `{part, records}`: sentences of a part changed; without records: the part itself did.
 * - `change`: what the page counts and what can be exported may be different. Words that still flow change nothing here.
 * - `end` `{part}`: no more will come of it.
 * - `delete` `{part}`: the reader wants it deleted from the server.
 */
export class TalkList extends EventTarget {
  /** Each has `parts` (TalkPart), the newest one as `part`, and its `records`. */
  talks = [];

  /** The live talk that is being spoken, or null. It stays below all others. */
  spoken = null;

  /** `element` holds the talks; `empty` is shown where there are none; `locale()`, `judge`: see TalkPart. */
  constructor({ element, empty, t, locale, judge }) {
    super();
    Object.assign(this, { element, empty, t, locale, judge });
  }

  /** The talk that the figures are about: what is being said, or else what came last and holds something. */
  get current() {
    return this.spoken ?? this.talks.filter(({ records }) => records.length > 0).at(-1);
  }

  get parts() {
    return this.talks.flatMap(({ parts }) => parts);
  }

  /** What a new talk's parts share with the page: the first argument of TalkPart. */
  page() {
    const { element: parent, t, judge } = this;
    const before = this.spoken?.parts[0].transcript.element ?? null;
    return {
      parent, before, t, locale: this.locale(), judge,
      onChange: (part, records) => this.update(part, records), onDelete: (part) => this.#tell("delete", { part }),
    };
  }

  /** Put a talk on the page, and return it. */
  add(talk) {
    const place = this.spoken ? this.talks.indexOf(this.spoken) : this.talks.length;
    this.talks.splice(place, 0, talk);
    this.#tell("add", { talk });
    this.#changed();
    return talk;
  }

  /** Take a talk off the page. */
  remove(talk) {
    this.talks.splice(this.talks.indexOf(talk), 1);
    for (const part of talk.parts) part.remove();
    this.#tell("remove", { talk });
    this.#changed();
  }

  /** Sentences of a part changed, or the part itself (no records). */
  update(part, records) {
    this.#tell("update", { part, records });
    if (records.some((record) => !isOpen(record))) this.#changed(); // a sentence changes some seven times before it settles
  }

  /** The reader's measure of moods has changed. */
  rejudge() {
    for (const part of this.parts) part.rejudge();
    this.#changed();
  }

  /** No more will come of a talk. */
  end(talk) {
    for (const part of talk.parts) {
      part.end();
      this.#tell("end", { part });
    }
  }

  /** The part that has a session, or undefined. */
  partOf(sessionId) {
    return this.parts.find(({ session }) => session?.sessionId === sessionId);
  }

  #changed() {
    this.empty.hidden = this.talks.length > 0;
    this.#tell("change");
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
