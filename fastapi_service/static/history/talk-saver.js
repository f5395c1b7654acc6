/** Writes talks into the history while they go on, and remembers which of them this tab shows. */

import { browserStorage, tabStorage } from "../lib/storage.js";
import { summarise } from "../sentences/summary.js";

const KEY = "history"; // "off": the reader wants nothing kept
const SHOWN = "shown"; // ids of the talks that this tab shows
const FIRST_WORDS = 120; // characters
const AGAIN_MS = 10_000; // after a write that failed

/** What the list of earlier talks shows of one. Pure. */
export function brief(records) {
  const settled = records.filter(({ state }) => state === "settled");
  const { words, moods, spokenSeconds } = summarise(records);
  const firstWords = settled.map(({ text }) => text).join(" ").slice(0, FIRST_WORDS);
  const lengthS = Math.max(0, ...settled.map(({ end }) => end));
  return { sentences: settled.length, words, moods, spokenSeconds, firstWords, lengthS };
}

const isLasting = ({ state }) => state === "settled" || state === "failed";

/** Each `part` is a TalkPart. */
export class TalkSaver {
  #waiting = new Map(); // part -> records that are not written yet
  #queued = new Set(); // parts that are written in this turn
  #deleted = new WeakSet(); // parts
  #going = new Set(); // parts that are kept, and of which more may come
  #failed = null; // the timer of the next try

  /** `onKept(problem)`: writing has failed ("full", or "other" problems), or works again (null). */
  constructor({ store, onKept }) {
    Object.assign(this, { store, onKept });
  }

  /** Whether the reader wants talks kept. */
  get on() {
    return browserStorage.recall(KEY) !== "off";
  }

  set on(wanted) {
    browserStorage.remember(KEY, wanted ? "on" : "off");
    if (!wanted) setShown([]);
  }

  /**
   * Save a part whose `records` have changed, or the part alone where there are none. It is written soon, together with
   * whatever else changes in this turn. A part is saved before anything has settled in it: when the page is loaded again
   * it must find the session. Words that still flow are not saved: the server has them until they settle.
   */
  save(part, records = []) {
    if (!this.on || !part.session || this.#deleted.has(part)) return;
    const lasting = records.filter(isLasting);
    if (part.kept && lasting.length === 0 && records.length > 0) return;
    part.keep();
    if (!part.ended) this.#going.add(part);
    this.#wait(part, lasting);
    if (this.#queued.has(part)) return;
    this.#queued.add(part);
    queueMicrotask(() => this.#write(part));
  }

  /**
   * The browser has closed the store, and may have emptied it: write anew what goes on here. Talks that are over stay
   * gone: it may have been the reader who cleared them.
   */
  saveAgain() {
    for (const part of this.#going) this.save(part, part.records.filter(isLasting));
  }

  /** No more will come of a part: save that, or forget the part where nothing was said in it. */
  async end(part) {
    if (!part.kept) return;
    this.#going.delete(part);
    if (part.records.some(isLasting)) this.save(part);
    else await this.forget(part);
  }

  /** Remove a part from the history, and save nothing more of it. */
  async forget(part) {
    this.#deleted.add(part);
    this.#waiting.delete(part);
    this.#going.delete(part);
    if (part.session) await this.drop(part.session.sessionId);
  }

  /** Remove a talk that is not on the page from the history. */
  async drop(id) {
    setShown(shown().filter((each) => each !== id));
    await this.store.remove(id).catch(() => {}); // a browser that keeps nothing has nothing to remove
  }

  /** Ids of what this tab showed before it was loaded again. */
  shown() {
    return this.on ? shown() : [];
  }

  #wait(part, records) {
    this.#waiting.set(part, new Set([...(this.#waiting.get(part) ?? []), ...records]));
  }

  async #write(part) {
    const records = this.#waiting.get(part);
    this.#waiting.delete(part);
    this.#queued.delete(part);
    if (!records) return; // deleted in the meantime
    const { sessionId: id, resumeToken } = part.session;
    if (!shown().includes(id)) setShown([...shown(), id]);
    const { kind, name, ended } = part;
    const talk = { id, resumeToken, kind, name, startedAt: part.startedAt.getTime(), ended, summary: brief(part.records) };
    try {
      await this.store.put(talk, [...records].map((record) => ({ ...record })));
    } catch (error) {
      return this.#fail(part, records, error);
    }
    if (this.#waiting.size === 0) this.onKept(null);
  }

  /** Say that a part is not kept, and try again: with the next sentence, or after a while. */
  #fail(part, records, error) {
    console.warn("Not kept:", error);
    if (this.#deleted.has(part) || !this.on) return;
    this.onKept(error.name === "QuotaExceededError" ? "full" : "other");
    this.#wait(part, records);
    clearTimeout(this.#failed);
    this.#failed = setTimeout(() => this.#tryAgain(), AGAIN_MS);
  }

  #tryAgain() {
    for (const part of [...this.#waiting.keys()]) this.#write(part);
  }
}

function shown() {
  try {
    return JSON.parse(tabStorage.recall(SHOWN)) ?? [];
  } catch {
    return [];
  }
}

function setShown(ids) {
  tabStorage.remember(SHOWN, JSON.stringify(ids));
}
