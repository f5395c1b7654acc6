/** Writes talks into the history while they go on, and knows which of them this tab shows. */

import { browserStorage, tabStorage } from "../lib/storage.js";
import { summarise } from "../sentences/summary.js";

const KEY = "history";
const SHOWN = "shown";
const FIRST_WORDS = 120;

/** What a list shows of a talk: pure. */
export function brief(records) {
  const settled = records.filter(({ state }) => state === "settled");
  const { words, moods, spokenSeconds } = summarise(records);
  const firstWords = settled.map(({ text }) => text).join(" ").slice(0, FIRST_WORDS);
  return { sentences: settled.length, words, moods, spokenSeconds, firstWords, lengthS: Math.max(0, ...settled.map(({ end }) => end)) };
}

/** A part is a TalkPart. */
export class TalkSaver {
  #waiting = new Map(); // part -> records not written yet
  #gone = new WeakSet(); // parts that were deleted

  constructor({ history }) {
    this.history = history;
  }

  get on() {
    return browserStorage.recall(KEY) !== "off";
  }

  set on(wanted) {
    browserStorage.remember(KEY, wanted ? "on" : "off");
    if (!wanted) setShown([]);
  }

  /** Records of a part changed. Written at once, together with whatever else changes in this turn. */
  save(part, records) {
    if (!this.on || !part.session || this.#gone.has(part)) return;
    const lasting = records.filter(({ state }) => state === "settled" || state === "failed");
    if (lasting.length === 0 && records.length > 0) return; // words that flow are the server's until they settle
    if (!this.#waiting.has(part)) queueMicrotask(() => this.#write(part));
    this.#waiting.set(part, new Set([...(this.#waiting.get(part) ?? []), ...lasting]));
  }

  /** Keep a part although nothing has settled yet: a page that is loaded again must find it. */
  begin(part) {
    if (part.kept || !part.session) return;
    part.keep();
    this.save(part, []);
  }

  /** Nothing more will come. */
  end(part) {
    part.end();
    if (!part.kept) return;
    if (part.records.some(({ state }) => state === "settled" || state === "failed")) this.save(part, []);
    else this.forget(part);
  }

  /** Take it out of the history, and keep nothing more of it. */
  async forget(part) {
    this.#gone.add(part);
    this.#waiting.delete(part);
    if (part.session) await this.drop(part.session.sessionId);
  }

  async drop(id) {
    setShown(shown().filter((each) => each !== id));
    await this.history.remove(id).catch(() => {}); // where nothing is kept, nothing needs to go
  }

  /** Ids of what this tab showed before it was loaded again. */
  shown() {
    return this.on ? shown() : [];
  }

  #write(part) {
    const records = this.#waiting.get(part);
    this.#waiting.delete(part);
    if (!records) return;
    part.keep();
    const { sessionId, resumeToken } = part.session;
    if (!shown().includes(sessionId)) setShown([...shown(), sessionId]);
    const talk = {
      id: sessionId, resumeToken, kind: part.kind, name: part.name, startedAt: part.startedAt.getTime(),
      ended: part.ended, summary: brief(part.records),
    };
    this.history.put(talk, [...records].map((record) => ({ ...record }))).catch((error) => console.warn("Not kept:", error));
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
