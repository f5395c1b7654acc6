/** What the reader has chosen. This browser keeps it, but only what differs from the page's own choice. */

import { browserStorage } from "../lib/storage.js";

const KEY = "settings";

/** The page's own choice. Empty and null mean: as the server is set. */
export const DEFAULTS = Object.freeze({
  spoken: "", // ISO 639 code
  among: [], // ISO 639 codes of the languages that may be spoken, where `spoken` is empty
  task: "", // "transcribe" or "translate"
  endpointMs: null,
  words: null,
  unsure: 0, // see judged in sentences/mood.js
  echo: false, // the page plays no sound that could come back, and on phones this turns on the narrow sound of a telephone
  noise: true,
  gain: true,
  theme: "system",
  historyDays: 30, // how long the browser keeps talks; 0: until the reader deletes them
});

/** What historyDays may be. */
export const HISTORY_DAYS = [1, 7, 30, 90, 365, 0];

/** The choices that hold from the next talk on. All others hold at once. */
export const OF_A_TALK = ["spoken", "among", "task", "endpointMs", "words"];

/** What the speech models can do, where the server is away or too old to say it. */
export const UNKNOWN_SPEECH = Object.freeze({
  models: {}, languages: [], tasks: [], defaults: {}, least_endpoint_ms: 300, most_endpoint_ms: 2000,
});

const flag = (value) => typeof value === "boolean";
const VALID = {
  spoken: (value) => typeof value === "string",
  among: (value) => Array.isArray(value) && value.every((code) => typeof code === "string"),
  task: (value) => ["transcribe", "translate"].includes(value),
  endpointMs: Number.isFinite,
  words: flag,
  unsure: (value) => Number.isFinite(value) && value >= 0 && value < 1,
  echo: flag,
  noise: flag,
  gain: flag,
  theme: (value) => ["light", "dark"].includes(value),
  historyDays: (value) => HISTORY_DAYS.includes(value),
};

/** The choices in a stored text. What is broken in it counts as never chosen. Pure. */
export function parseSettings(text) {
  let stored;
  try {
    stored = JSON.parse(text) ?? {};
  } catch {
    stored = {};
  }
  return Object.fromEntries(Object.entries(stored).filter(([name, value]) => Object.hasOwn(VALID, name) && VALID[name](value)));
}

/** The choices that go into `start`, so far as the server can do them. Where that is not known, all go. Pure. */
export function startFields({ spoken, among, task, endpointMs, words }, speech = UNKNOWN_SPEECH) {
  const able = (one, list) => (list.length === 0 || list.includes(one) ? one : "");
  const { least_endpoint_ms: least, most_endpoint_ms: most } = speech;
  return {
    language: able(spoken, speech.languages),
    languages: spoken ? [] : among.filter((code) => able(code, speech.languages)),
    task: able(task, speech.tasks),
    endpointMs: endpointMs === null ? null : Math.min(most, Math.max(least, endpointMs)),
    words,
  };
}

export class Settings {
  #chosen = parseSettings(browserStorage.recall(KEY));

  /** `onChange(name)`: a choice has changed. */
  constructor({ onChange }) {
    this.onChange = onChange;
  }

  get values() {
    return { ...DEFAULTS, ...this.#chosen };
  }

  /** Constraints for getUserMedia. */
  get processing() {
    const { echo, noise, gain } = this.values;
    return { echoCancellation: echo, noiseSuppression: noise, autoGainControl: gain };
  }

  set(name, value) {
    const isSame = (one, other) => String(one) === String(other) && typeof one === typeof other;
    if (isSame(this.values[name], value)) return;
    if (isSame(value, DEFAULTS[name])) delete this.#chosen[name];
    else this.#chosen[name] = value;
    browserStorage.remember(KEY, JSON.stringify(this.#chosen));
    this.onChange(name);
  }

  reset() {
    for (const name of Object.keys(this.#chosen)) this.set(name, DEFAULTS[name]);
  }
}
