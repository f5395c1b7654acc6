/** What the reader has chosen: kept in this browser, and only what differs from the page's own choice. */

import { browserStorage } from "../lib/storage.js";

const KEY = "settings";

/** Empty and null: as the server is set. `unsure`: see unsure.js. Sound processing: off where the page knows better. */
export const DEFAULTS = Object.freeze({
  spoken: "", // ISO 639 code
  task: "", // "transcribe" or "translate"
  endpointMs: null,
  words: null,
  unsure: 0,
  echo: false, // the page plays nothing, and on phones it turns on the telephone's narrow sound
  noise: true,
  gain: true,
  theme: "system",
});

/** What holds from the next talk on; everything else holds at once. */
export const OF_A_TALK = ["spoken", "task", "endpointMs", "words"];

/** What is said of an older server, or of one that cannot be reached. */
export const UNKNOWN_SPEECH = Object.freeze({
  models: {}, languages: [], tasks: [], defaults: {}, least_endpoint_ms: 300, most_endpoint_ms: 2000,
});

const flag = (value) => typeof value === "boolean";
const VALID = {
  spoken: (value) => typeof value === "string",
  task: (value) => ["transcribe", "translate"].includes(value),
  endpointMs: Number.isFinite,
  words: flag,
  unsure: (value) => Number.isFinite(value) && value >= 0 && value < 1,
  echo: flag,
  noise: flag,
  gain: flag,
  theme: (value) => ["light", "dark"].includes(value),
};

/** A stored text → the choices in it that can be; pure. What is broken is as if never chosen. */
export function parseSettings(text) {
  let stored;
  try {
    stored = JSON.parse(text) ?? {};
  } catch {
    stored = {};
  }
  return Object.fromEntries(Object.entries(stored).filter(([name, value]) => Object.hasOwn(VALID, name) && VALID[name](value)));
}

/** Fields of `start`: of what was chosen, that which the server can do; pure. Where it is not known, all. */
export function startFields({ spoken, task, endpointMs, words }, speech = UNKNOWN_SPEECH) {
  const able = (one, list) => (list.length === 0 || list.includes(one) ? one : "");
  const { least_endpoint_ms: least, most_endpoint_ms: most } = speech;
  return {
    language: able(spoken, speech.languages),
    task: able(task, speech.tasks),
    endpointMs: endpointMs === null ? null : Math.min(most, Math.max(least, endpointMs)),
    words,
  };
}

export class Settings {
  #chosen = parseSettings(browserStorage.recall(KEY));

  /** `onChange(name)`: of what has changed. */
  constructor({ onChange }) {
    this.onChange = onChange;
  }

  get values() {
    return { ...DEFAULTS, ...this.#chosen };
  }

  /** For getUserMedia. */
  get processing() {
    const { echo, noise, gain } = this.values;
    return { echoCancellation: echo, noiseSuppression: noise, autoGainControl: gain };
  }

  set(name, value) {
    if (this.values[name] === value) return;
    if (value === DEFAULTS[name]) delete this.#chosen[name];
    else this.#chosen[name] = value;
    browserStorage.remember(KEY, JSON.stringify(this.#chosen));
    this.onChange(name);
  }

  reset() {
    for (const name of Object.keys(this.#chosen)) this.set(name, DEFAULTS[name]);
  }
}
