/** The talks that this browser keeps: words, moods and times, never sound. In IndexedDB: a talk of hours is a megabyte. */

const NAME = "wta";
const VERSION = 1;
const TALKS = "talks"; // {id, resumeToken, kind, name, startedAt, ended, summary}: what the list of talks needs
const RECORDS = "records"; // one for each sentence, written when that settles: a talk is never written as a whole again

/** What a transaction ends with when the browser has closed the database, which all of them may do at any time. */
const CLOSED = ["InvalidStateError", "AbortError", "UnknownError"];

/** Each method gives a promise. It is rejected where the browser keeps nothing, as in some private windows. */
export class TalkStore {
  #opening = null;

  #lost = false; // the browser has closed it, and since then nothing was read or written

  /** `onReopened()`: it works again after the browser had closed it, and may be empty. */
  constructor({ onReopened = () => {} } = {}) {
    this.onReopened = onReopened;
  }

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

  /** Remove the talks that began before `ms`, except those of `ids`. */
  async removeOlder(ms, ids) {
    const old = (await this.list()).filter(({ id, startedAt }) => startedAt < ms && !ids.includes(id));
    await Promise.all(old.map(({ id }) => this.remove(id)));
  }

  /** Resolves when all is on the disk, with the result of the request that `work(...stores)` returns. */
  async #do(...what) {
    const result = await this.#try(...what).catch((error) => {
      if (!CLOSED.includes(error.name)) throw error;
      this.#drop(this.#opening);
      return this.#try(...what);
    });
    if (this.#lost) {
      this.#lost = false;
      this.onReopened();
    }
    return result;
  }

  async #try(stores, mode, work) {
    return transact(await this.#database(), stores, mode, work);
  }

  /** The open database. One that could not be opened is tried again the next time. */
  #database() {
    const opening = (this.#opening ??= open(() => this.#drop(opening)));
    opening.catch(() => this.#opening === opening && (this.#opening = null));
    return opening;
  }

  /** The browser has closed it: the next who needs it opens it again. */
  #drop(opening) {
    if (!opening || this.#opening !== opening) return;
    this.#opening = null;
    this.#lost = true;
    opening.then((database) => database.close(), () => {});
  }
}

const range = (id) => IDBKeyRange.bound([id], [id, []]);

function transact(database, stores, mode, work) {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(stores, mode);
    const request = work(...stores.map((store) => transaction.objectStore(store)));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = transaction.onabort = () => {
      reject(transaction.error ?? new DOMException("the database was closed", "AbortError"));
    };
  });
}

/** `onClosed()`: the browser has closed the database, or another tab waits to delete or to change it. */
function open(onClosed) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(TALKS, { keyPath: "id" });
      request.result.createObjectStore(RECORDS, { keyPath: ["talk", "seq"] });
    };
    request.onsuccess = () => {
      request.result.onclose = request.result.onversionchange = onClosed;
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
}
