/** One file: brought to the server, followed there until every sentence is answered, its place on the page. */

import { FileError } from "./files-api.js";
import { FileProgress } from "./file-progress.js";
import { newerEventId } from "../server/protocol.js";
import { Transcript } from "../transcript/transcript.js";
import { Utterances } from "../sentences/utterances.js";

const POLL_MS = 1000;
const SLOW_POLL_MS = 5000;
const MOST_SENDS = 4; // a server that restarts over and over gets it no fifth time
const WAIT_MS = [1000, 2000, 4000, 8000, 10_000];
const ENDED = ["done", "failed", "cancelled", "interrupted"];

/** `state` of `FileTalk.state` where nothing more happens by itself. */
export const OVER = ["done", "failed", "cancelled", "lost"];

export class FileTalk {
  #abort = new AbortController();
  #lastEventId = null;
  #sends = 0;
  #details = {};

  /**
   * `file`: a File, or null where only its session is left after a reload (then `session`, `records` and `startedAt` tell
   * of it). `onChange(talk, records)`: utterances changed; `onState(talk)`: `talk.state` did.
   */
  constructor({ file, name, session = null, records = [], startedAt = new Date(), parent, before, t, locale, judge, client, options, onChange, onState, onDelete, onRemove }) {
    Object.assign(this, { file, name, t, judge, client, options, onChange, onState });
    this.state = "queued";
    this.rested = false; // whether everything that was cut has its answer
    const transcript = new Transcript({ parent, before, t, locale, startedAt, title: name });
    const part = { transcript, utterances: new Utterances(records), startedAt, kind: "file", name, session };
    this.parts = [part];
    this.progress = new FileProgress({
      transcript, name, t, onCancel: () => this.cancel(), onRetry: () => this.retry(), onRemove: () => onRemove(this),
    });
    this.#offerDelete = () => transcript.offerDelete(() => onDelete(part));
    for (const record of this.records) transcript.show(judge(record));
    if (session) this.#offerDelete();
  }

  #offerDelete;

  get records() {
    return this.parts[0].utterances.ordered();
  }

  get over() {
    return OVER.includes(this.state);
  }

  /** From wherever it is to its end; never rejected. */
  async run() {
    if (this.over) return;
    try {
      if (!this.parts[0].session) await this.#open();
      if (this.file) await this.#send();
      await this.#follow();
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      this.#fail(error);
      this.#rest();
    }
  }

  /** The reader wants no more of it; what the server has cut is still shown. */
  async cancel() {
    if (this.over) return;
    this.#abort.abort(new DOMException("cancelled", "AbortError"));
    this.#set("cancelled");
    const { session } = this.parts[0];
    if (!session) return;
    await this.client.cancel(session).catch(() => {}); // who cannot be told has nothing either, or comes to its end
    this.#rest();
  }

  /** Once more, after a failure: it goes on behind the last sentence. */
  retry() {
    this.#abort = new AbortController();
    this.#sends = 0;
    this.rested = false;
    this.#set("queued");
    return this.run();
  }

  /** Refuse it before anything is sent. */
  refuse(problem, values) {
    this.#set("failed", { problem, values });
  }

  async #open() {
    this.#set("opening");
    this.parts[0].session = await this.#patiently(() => this.client.open(this.file.size, this.options()));
    this.#offerDelete();
  }

  async #send() {
    this.#sends += 1;
    const { signal } = this.#abort;
    const onProgress = (share) => this.#set("uploading", { share });
    await this.#patiently(async () => {
      await this.file.slice(0, 1).arrayBuffer(); // a file that is not there any more fails here, in its own way
      this.#set("uploading", { share: 0 });
      await this.client.put(this.parts[0].session, this.file, { onProgress, signal });
    }).catch((error) => {
      if (error.kind !== "running") throw error;
    });
    this.#set("working", { heard: 0, length: null });
  }

  /** Until the server has ended with it, and every sentence has its answer. */
  async #follow() {
    for (;;) {
      const view = await this.#patiently(() => this.#look());
      if (view.state === "waiting" || view.state === "interrupted") {
        if (!this.file || this.#sends >= MOST_SENDS) return this.#lose();
        this.#set("resending");
        this.parts[0].transcript.note(this.t("file.restarted"));
        await this.#send();
      } else if (ENDED.includes(view.state)) {
        return this.#end(view);
      } else if (view.state === "working") {
        this.#set("working", { heard: view.heard_s, length: view.duration_s });
      }
      await this.#pause(POLL_MS);
    }
  }

  #end({ state, problem, heard_s: heard }) {
    if (state === "failed") this.#set("failed", { problem, retry: problem !== "not_audio" && problem !== "too_long" });
    else this.#set(state, { heard });
    this.#rest();
  }

  /** The server has let it go, and there is nothing here to send again. */
  #lose() {
    this.#set("lost", { retry: Boolean(this.file) });
    this.#rest();
  }

  /** What was cut is answered although nobody cuts any more. The next file does not wait for it. */
  async #rest() {
    while (this.parts[0].session) {
      const view = await this.#look().catch((error) => (error.kind === "gone" ? { unfinished: 0, events: [] } : null));
      if (view?.unfinished === 0 && view.events.length === 0) break;
      await new Promise((resolve) => setTimeout(resolve, view?.events.length ? POLL_MS : SLOW_POLL_MS));
      if (!this.over) return; // it goes on again
    }
    this.#show(this.parts[0].utterances.closeOpen("unanswered"));
    this.rested = true;
    this.#set(this.state, this.#details);
    this.onState(this);
  }

  async #look() {
    const view = await this.client.view(this.parts[0].session, this.#lastEventId);
    const { utterances } = this.parts[0];
    const changed = new Set(view.events.flatMap((event) => utterances.apply(event)));
    for (const { event_id: id } of view.events) this.#lastEventId = newerEventId(this.#lastEventId, id);
    this.#show([...changed]);
    return view;
  }

  #show(records) {
    if (records.length === 0) return;
    for (const record of records) this.parts[0].transcript.show(this.judge(record));
    this.onChange(this, records);
  }

  /** Again and again while the server is away or full: nothing is lost by waiting. */
  async #patiently(work) {
    for (let attempt = 0; ; attempt += 1) {
      this.#abort.signal.throwIfAborted();
      try {
        const result = await work();
        this.#abort.signal.throwIfAborted();
        return result;
      } catch (error) {
        if (!(error instanceof FileError) || !["away", "full"].includes(error.kind)) throw error;
        const ms = WAIT_MS[Math.min(attempt, WAIT_MS.length - 1)];
        if (attempt > 0 || error.kind === "full") this.#set(error.kind); // a short break is not worth a word
        await this.#pause(ms);
      }
    }
  }

  #pause(ms) {
    const { signal } = this.#abort;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener("abort", () => reject(signal.reason, clearTimeout(timer)), { once: true });
    });
  }

  #fail(error) {
    if (error instanceof FileError && error.kind === "gone") this.#set("failed", { problem: "gone" });
    else if (error instanceof FileError) this.#set("failed", { problem: error.kind, retry: error.kind !== "tooLarge" });
    else if (error.name === "NoAccessError") this.#set("failed", { problem: "unauthorized", retry: true });
    else if (["NotReadableError", "NotFoundError"].includes(error.name)) this.#set("failed", { problem: "unreadable" });
    else {
      console.error(error);
      this.#set("failed", { problem: "error", retry: Boolean(this.file) });
    }
  }

  #set(state, details = {}) {
    const news = state !== this.state;
    this.state = state;
    this.#details = details;
    this.progress.show(state, { ...details, sentences: this.records.filter((each) => each.state === "settled").length });
    if (news) this.onState(this);
  }
}
