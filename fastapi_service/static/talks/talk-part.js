/** A part of a talk: the stretch that has one session of the server, its sentences, and its place on the page. */

import { Transcript } from "../transcript/transcript.js";
import { Utterances } from "../sentences/utterances.js";

/** Most talks have one part. A live talk gets another when the server has forgotten its session. */
export class TalkPart {
  #onChange;
  #onDelete;
  #session = null;
  #name;
  #kept;
  #ended;

  /**
   * The first object is what all parts of a page share: `parent` and `before`: where the part is drawn (before null: at
   * the end); `judge(record)`: gives a rated record its mood and returns it; `onChange(part, records)`: sentences
   * changed and are drawn; `onDelete(part)`: the reader wants it deleted from the server. The second one is about this part: `kind` is "talk" or "file"; `name`: the file's, or what
   * the reader called it; `session`: `{sessionId, resumeToken}`, null before the server gave one; `title`: where it is
   * not the name or the time of day; `records`: what is known already; `kept`: whether the history has it; `ended`:
   * whether no more will come.
   */
  constructor(
    { parent, before = null, t, locale, judge, onChange, onDelete },
    { kind = "talk", name = null, title = null, session = null, startedAt = new Date(), records = [], kept = false, ended = false } = {},
  ) {
    Object.assign(this, { kind, startedAt, judge });
    this.#onChange = onChange;
    this.#onDelete = onDelete;
    this.#name = name;
    this.#kept = kept;
    this.#ended = ended;
    this.utterances = new Utterances(records);
    this.transcript = new Transcript({ parent, before, t, title: title ?? name ?? titleOf(startedAt, t, locale) });
    this.show(this.records);
    if (session) this.open(session);
  }

  get session() {
    return this.#session;
  }

  get name() {
    return this.#name;
  }

  get kept() {
    return this.#kept;
  }

  get ended() {
    return this.#ended;
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
    this.#session = session;
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
    this.show(this.records.filter(({ label }) => label));
  }

  /** A line about what happened here, after the newest sentence. */
  note(words) {
    this.transcript.note(words);
  }

  rename(name) {
    this.#name = name;
    this.transcript.rename(name);
  }

  /** The history has it from now on. */
  keep() {
    this.#kept = true;
  }

  /** No more will come. */
  end() {
    this.#ended = true;
  }

  /** It is no longer on the server; it stays on the page until that is closed. */
  deleted() {
    this.transcript.deleted();
  }

  /** Take it away from the page. */
  remove() {
    this.transcript.element.remove();
  }

  /** Draw records as they are now. */
  show(records) {
    for (const record of records) this.transcript.show(this.judge(record));
  }

  #change(records) {
    this.show(records);
    if (records.length > 0) this.#onChange(this, records);
    return records;
  }
}

function titleOf(startedAt, t, locale) {
  return t("transcript.session", { time: startedAt.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" }) });
}
