/** A part of a talk: the stretch that has one session of the server, its sentences, and its place on the page. */

import { Transcript } from "../transcript/transcript.js";
import { Utterances } from "../sentences/utterances.js";

/** Most talks have one part. A live talk gets another when the server has forgotten its session. */
export class TalkPart {
  #details; // {session, name, kept, ended}
  #onChange;
  #onDelete;

  /**
   * `page` is what all parts on the page share: `parent`, `before`: where it is drawn (see Transcript); `judge(record)`:
   * gives a rated record its mood and returns it; `onChange(part, records)`: sentences changed and are drawn;
   * `onDelete(part)`: the reader wants the part deleted from the server.
   * `details` are this part's own. `kind`: "talk" or "file"; `name`: the file's, or what the reader calls it; `session`:
   * `{sessionId, resumeToken}`, null until the server has given one; `title`: above it, if not the name or the time of day;
   * `records`: what is known already; `kept`: whether the history has it; `ended`: whether no more will come.
   */
  constructor(page, details = {}) {
    const { parent, before = null, t, locale, judge, onChange, onDelete } = page;
    const { kind = "talk", name = null, session = null, startedAt = new Date(), records = [] } = details;
    const title = details.title ?? name ?? titleOf(startedAt, t, locale);
    Object.assign(this, { kind, startedAt, judge });
    this.#details = { name, session: null, kept: details.kept ?? false, ended: details.ended ?? false };
    this.#onChange = onChange;
    this.#onDelete = onDelete;
    this.utterances = new Utterances(records);
    this.transcript = new Transcript({ parent, before, t, title });
    this.#show(this.records);
    if (session) this.open(session);
  }

  get session() {
    return this.#details.session;
  }

  get name() {
    return this.#details.name;
  }

  get kept() {
    return this.#details.kept;
  }

  get ended() {
    return this.#details.ended;
  }

  /** Every record, in the order in which the sentences were said. */
  get records() {
    return this.utterances.ordered();
  }

  /** Whether a sentence has its text. */
  get hasWords() {
    return this.records.some(({ state }) => state === "settled");
  }

  /** The server has given it a session, which can be deleted there from now on. */
  open(session) {
    this.#details.session = session;
    this.transcript.offerDelete(() => this.#onDelete(this));
  }

  /** Apply the server's messages and draw what they change; returns the changed records. */
  apply(messages) {
    return this.#change([...new Set(messages.flatMap((message) => this.utterances.apply(message)))]);
  }

  /** Nothing more will come of the open sentences: `problem` is why. Returns the changed records. */
  closeOpen(problem) {
    return this.#change(this.utterances.closeOpen(problem));
  }

  /** The reader's measure of moods has changed. */
  rejudge() {
    this.#show(this.records.filter(({ label }) => label));
  }

  /** Add a line about what happened here, after the newest sentence. */
  note(words) {
    this.transcript.note(words);
  }

  /** The reader calls it by another name. */
  rename(name) {
    this.#details.name = name;
    this.transcript.rename(name);
  }

  /** The history has it from now on. */
  keep() {
    this.#details.kept = true;
  }

  /** No more will come. */
  end() {
    this.#details.ended = true;
  }

  /** It was deleted on the server. It stays on the page until that is closed. */
  deleted() {
    this.transcript.deleted();
  }

  /** Take it off the page. */
  remove() {
    this.transcript.element.remove();
  }

  /** Draw records as they are now. */
  #show(records) {
    for (const record of records) this.transcript.show(this.judge(record));
  }

  #change(records) {
    this.#show(records);
    if (records.length > 0) this.#onChange(this, records);
    return records;
  }
}

function titleOf(startedAt, t, locale) {
  const time = startedAt.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });
  return t("transcript.session", { time });
}
