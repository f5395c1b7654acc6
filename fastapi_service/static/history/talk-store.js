/** The talks that this browser keeps: words, moods and times, never sound. In IndexedDB: a talk of hours is a megabyte. */

const NAME = "wta";
const VERSION = 1;
const TALKS = "talks"; // {id, resumeToken, kind, name, startedAt, ended, summary}: what the list of talks needs
const RECORDS = "records"; // one for each sentence, written when that settles: a talk is never written as a whole again

/** Each method gives a promise. It is rejected where the browser keeps nothing, as in some private windows. */
export class TalkStore {
  #opening = null;

  /** All talks, the newest first. */
  async list() {
    const talks = await this.#do([TALKS], "readonly", (talk) => talk.getAll());
    return talks.sort((one, other) => other.startedAt - one.startedAt);
  }

  /** `{talk, records}`, or undefined where there is no such talk. */
  async load(id) {
    const talk = await this.#do([TALKS], "readonly", (talks) => talks.get(id));
    if (!talk) return undefined;
    const rows = await this.#do([RECORDS], "readonly", (records) => records.getAll(range(id)));
    return { talk, records: rows.map(({ record }) => record) };
  }

  /** Write what is known of a talk, and those of its records that changed. */
  put(talk, records = []) {
    return this.#do([TALKS, RECORDS], "readwrite", (talks, all) => {
      for (const record of records) all.put({ talk: talk.id, seq: record.seq, record });
      return talks.put(talk);
    });
  }

  async rename(id, name) {
    const talk = await this.#do([TALKS], "readonly", (talks) => talks.get(id));
    if (talk) await this.put({ ...talk, name });
  }

  remove(id) {
    return this.#do([TALKS, RECORDS], "readwrite", (talks, records) => {
      records.delete(range(id));
      return talks.delete(id);
    });
  }

  /** Resolves when all is on the disk, with the result of the request that `work(...stores)` returns. */
  async #do(stores, mode, work) {
    const database = await (this.#opening ??= open());
    return new Promise((resolve, reject) => {
      const transaction = database.transaction(stores, mode);
      const request = work(...stores.map((store) => transaction.objectStore(store)));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  }
}

const range = (id) => IDBKeyRange.bound([id], [id, []]);

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(TALKS, { keyPath: "id" });
      request.result.createObjectStore(RECORDS, { keyPath: ["talk", "seq"] });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
