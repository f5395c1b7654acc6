/** One file as a talk: it is brought to the server, and followed there until every sentence is answered. */

import { newerEventId } from "../server/protocol.js";
import { TalkPart } from "../talks/talk-part.js";
import { problemOf } from "./file-problem.js";
import { FileProgress, OVER } from "./file-progress.js";
import { patiently, pause } from "./patience.js";

const POLL_MS = 1000;
const SLOW_POLL_MS = 5000;
const MOST_SENDS = 4; // of one file, to a server that restarts again and again
const ENDED = ["done", "failed", "cancelled", "interrupted"]; // what the server says when it does no more with a file
const FINAL = ["not_audio", "too_long"]; // problems that sending the same file again cannot mend

export class FileTalk {
  #abort = new AbortController();
  #lastEventId = null;
  #sends = 0;
  #details = {};

  /**
   * `page`: see TalkPart. `file`: a File, or null where only its session is left after a reload (then `session`,
   * `records` and `startedAt` tell of it). `api`: a FilesApi; `options()`: what the speech is understood by.
   * `onState(talk)`: `talk.state` changed, or every sentence has its answer;
   * `onRemove(talk)`: the reader wants it off the page.
   */
  constructor({ page, file, name, session = null, records = [], startedAt, api, options, onState, onRemove }) {
    Object.assign(this, { file, name, t: page.t, api, options, onState });
    this.state = "queued";
    this.rested = false; // whether everything that was cut has its answer
    this.part = new TalkPart(page, { kind: "file", name, session, records, startedAt, kept: session !== null });
    this.parts = [this.part];
    this.progress = new FileProgress({
      transcript: this.part.transcript, name, t: page.t, onCancel: () => this.cancel(), onRetry: () => this.retry(),
      onRemove: () => onRemove(this),
    });
  }

  get records() {
    return this.part.records;
  }

  get over() {
    return OVER.includes(this.state);
  }

  /** Go on from wherever it is, to the end. Never rejected. */
  async run() {
    if (this.over) return;
    try {
      if (!this.part.session) await this.#open();
      if (this.file) await this.#send();
      await this.#follow();
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      this.#fail(error);
      this.#rest();
    }
  }

  /** Send and cut no more of it. What the server has cut already is still shown. */
  async cancel() {
    if (this.over) return;
    this.#abort.abort(new DOMException("cancelled", "AbortError"));
    this.#set("cancelled");
    const { session } = this.part;
    if (!session) return;
    await this.api.cancel(session).catch(() => {}); // a server that is away has lost the file, or comes to its end
    this.#rest();
  }

  /** Try again after a failure. The server goes on behind the last sentence. */
  retry() {
    this.#abort = new AbortController();
    this.#sends = 0;
    this.rested = false;
    this.#set("queued");
    return this.run();
  }

  /** Refuse it before anything is sent. `problem`, `values`: of the words `file.problem.{problem}`. */
  refuse(problem, values) {
    this.#set("failed", { problem, values });
  }

  async #open() {
    this.#set("opening");
    this.part.open(await this.#patiently(() => this.api.open(this.file.size, this.options())));
  }

  async #send() {
    this.#sends += 1;
    const { signal } = this.#abort;
    const onProgress = (share) => this.#set("uploading", { share });
    await this.#patiently(async () => {
      await this.file.slice(0, 1).arrayBuffer(); // a file that is no longer there fails here, and says so
      this.#set("uploading", { share: 0 });
      await this.api.put(this.part.session, this.file, { onProgress, signal });
    }).catch((error) => {
      if (error.kind !== "running") throw error;
    });
    this.#set("working", { heard: 0, length: null });
  }

  /** Ask the server how far it is, until that has ended with it. */
  async #follow() {
    for (;;) {
      const view = await this.#patiently(() => this.#look());
      if (view.state === "waiting" || view.state === "interrupted") {
        if (!this.file || this.#sends >= MOST_SENDS) return this.#lose();
        this.#set("resending");
        this.part.note(this.t("file.restarted"));
        await this.#send();
      } else if (ENDED.includes(view.state)) {
        return this.#end(view);
      } else if (view.state === "working") {
        this.#set("working", { heard: view.heard_s, length: view.duration_s });
      }
      await pause(POLL_MS, this.#abort.signal);
    }
  }

  #end({ state, problem, heard_s: heard, unread_s: unread }) {
    if (state === "failed") this.#set("failed", { problem, retry: !FINAL.includes(problem) });
    else this.#set(state, { heard, unread });
    this.#rest();
  }

  /** The server has let it go, and there is nothing here to send again. */
  #lose() {
    this.#set("lost", { retry: Boolean(this.file) });
    this.#rest();
  }

  /** Read the answers to what was cut before the end. The next file does not wait for them. */
  async #rest() {
    while (this.part.session) {
      const view = await this.#look().catch((error) => (error.kind === "gone" ? { unfinished: 0, events: [] } : null));
      if (view?.unfinished === 0 && view.events.length === 0) break;
      await new Promise((resolve) => setTimeout(resolve, view?.events.length ? POLL_MS : SLOW_POLL_MS));
      if (!this.over) return; // the reader has tried again
    }
    this.part.closeOpen("unanswered");
    this.rested = true;
    this.#set(this.state, this.#details);
    this.onState(this);
  }

  async #look() {
    const view = await this.api.view(this.part.session, this.#lastEventId);
    this.part.apply(view.events);
    for (const { event_id: id } of view.events) this.#lastEventId = newerEventId(this.#lastEventId, id);
    return view;
  }

  #patiently(work) {
    return patiently(work, { signal: this.#abort.signal, onWait: (kind) => this.#set(kind) });
  }

  #fail(error) {
    const known = problemOf(error);
    if (!known) console.error(error);
    this.#set("failed", { values: { origin: location.origin }, ...(known ?? { problem: "error", retry: Boolean(this.file) }) });
  }

  #set(state, details = {}) {
    const news = state !== this.state;
    this.state = state;
    this.#details = details;
    this.progress.show(state, { ...details, sentences: this.records.filter((each) => each.state === "settled").length });
    if (news) this.onState(this);
  }
}
