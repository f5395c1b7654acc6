/** Writes talks into the history while they go on, and remembers which of them this tab shows. */

import { browserStorage, tabStorage } from "../lib/storage.js";
import { summarise } from "../sentences/summary.js";

const KEY = "history"; // "off": the reader wants nothing kept
const SHOWN = "shown"; // ids of the talks that this tab shows
const FIRST_WORDS = 120; // characters

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
  #deleted = new WeakSet(); // parts

  constructor({ store }) {
    this.store = store;
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
    if (!this.#waiting.has(part)) queueMicrotask(() => this.#write(part));
    this.#waiting.set(part, new Set([...(this.#waiting.get(part) ?? []), ...lasting]));
  }

  /** No more will come of a part: save that, or forget the part where nothing was said in it. */
  async end(part) {
    if (!part.kept) return;
    if (part.records.some(isLasting)) this.save(part);
    else await this.forget(part);
  }

  /** Remove a part from the history, and save nothing more of it. */
  async forget(part) {
    this.#deleted.add(part);
    this.#waiting.delete(part);
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

  #write(part) {
    const records = this.#waiting.get(part);
    this.#waiting.delete(part);
    if (!records) return; // deleted in the meantime
    const { sessionId: id, resumeToken } = part.session;
    if (!shown().includes(id)) setShown([...shown(), id]);
    const { kind, name, ended } = part;
    const talk = { id, resumeToken, kind, name, startedAt: part.startedAt.getTime(), ended, summary: brief(part.records) };
    this.store.put(talk, [...records].map((record) => ({ ...record }))).catch((error) => console.warn("Not kept:", error));
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
