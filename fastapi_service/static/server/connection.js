/** One session with the server. It survives broken connections and loses no audio that the window can hold. */

import { NoAccessError } from "./access.js";
import { retryDelayMs, verdict } from "./close-codes.js";
import { decode, encodeKeepalive, encodeStart, encodeStop, newerEventId } from "./protocol.js";
import { StallWatch } from "./stall-watch.js";
import { UnackedAudio } from "./unacked-audio.js";

const FIRST_LIMIT_S = 25; // of audio; kept until the server has said its own limit
const TICK_MS = 1_000;

/**
 * `options`: language, languages, task, endpointMs and words of every session that it begins. `credential()`: a promise
 * of the token that a new session needs, or of null; it is called for each of them.
 * Callbacks: `onMessage(message)`; `onState({name, reason?, error?, retryInMs?, attempt?})`, where `name` is "connecting",
 * "open", "waiting" (for the next attempt), "done" or "failed"; `onHeld({seconds, full, lostSeconds})`, when the kept
 * audio begins to fill the window and when it no longer does; `onForgotten(seconds)`, when the server has lost audio that
 * it had acknowledged.
 */
export class Connection {
  #socket = null;
  #audio;
  #resumeToken = null;
  #lastEventId = null;
  #error = null;
  #attempt = 0;
  #retryTimer = null;
  #ticker = null;
  #ready = false;
  #stopping = false;
  #stopSent = false;
  #ended = false;
  #lostSamples = 0;
  #full = false;
  #watch = new StallWatch();
  #asked = null; // marks the newest request for a credential: answers to older ones come too late

  constructor({ url, sampleRate, options = {}, credential, onMessage, onState, onHeld, onForgotten }) {
    Object.assign(this, { url, sampleRate, options, credential, onMessage, onState, onHeld, onForgotten });
    this.#audio = new UnackedAudio(FIRST_LIMIT_S * sampleRate);
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
  }

  get heldSeconds() {
    return this.#audio.samples / this.sampleRate;
  }

  connect() {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = null;
    this.#error = null;
    this.#watch.begin();
    this.onState({ name: "connecting" });
    const asked = (this.#asked = {});
    const current = () => this.#asked === asked && !this.#ended;
    const credential = this.#resumeToken === null ? this.credential() : Promise.resolve(null);
    credential.then((token) => current() && this.#open(token), (error) => current() && this.#refused(error));
  }

  #open(token) {
    const socket = new WebSocket(this.url);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#say(encodeStart({ ...this.#startFields(), token }));
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = (event) => this.#closed(event.code);
  }

  /** Send audio from the microphone (Int16Array) as soon as that is possible, and keep it until it is acknowledged. */
  send(pcm) {
    if (this.#stopping || this.#ended) return;
    const kept = this.#audio.push(pcm);
    if (!kept) this.#lostSamples += pcm.length;
    if (kept === this.#full) this.#reportHeld(!kept);
    this.#flush();
  }

  /** There will be no more audio. The server answers what it has, then the state becomes "done". */
  stop() {
    this.#stopping = true;
    this.#flush();
  }

  /** Do not wait for the next attempt: the network is back, or the reader asks. */
  retryNow() {
    if (this.#retryTimer !== null) this.connect();
  }

  /** The network is gone: end the connection before the socket notices. */
  drop() {
    if (this.#socket) this.#closed(1006);
  }

  #startFields() {
    const { sampleRate, options } = this;
    return { ...options, sampleRate, resumeToken: this.#resumeToken, lastEventId: this.#lastEventId };
  }

  #receive(frame) {
    this.#watch.received();
    let message;
    try {
      message = decode(frame);
    } catch (error) {
      console.warn("The server sent something that is no message:", error.message);
      return;
    }
    if (message === null) return;
    this.#lastEventId = newerEventId(this.#lastEventId, message.event_id);
    if (message.type === "ready") this.#begin(message);
    if (message.type === "ack") this.#acknowledge(message.sample);
    if (message.type === "error" && !message.utterance_id) this.#error = message;
    this.onMessage(message);
    if (message.type === "done") this.#end({ name: "done" });
    else this.#flush();
  }

  #begin({ resume_token: token, next_sample: next, limits }) {
    const resumed = this.#resumeToken !== null;
    this.#resumeToken = token;
    if (limits.max_unacked_samples > 0) this.#audio.limitSamples = limits.max_unacked_samples;
    const forgotten = resumed ? this.#audio.resumeFrom(next) : 0;
    if (!resumed) this.#audio.restartFrom(next);
    this.#ready = true;
    if (forgotten > 0) this.onForgotten(forgotten / this.sampleRate);
    this.onState({ name: "open" });
  }

  #acknowledge(sample) {
    this.#attempt = 0; // only now, and not at `ready`: a server that lets pages in and throws them out must not be hammered
    this.#audio.acknowledge(sample);
  }

  #flush() {
    if (!this.#ready) return;
    for (let pcm = this.#audio.next(); pcm !== null; pcm = this.#audio.next()) this.#say(pcm);
    if (this.#stopping && !this.#stopSent && this.#audio.allSent) {
      this.#say(encodeStop());
      this.#stopSent = true;
    }
  }

  #say(data) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(data);
    this.#watch.sent();
  }

  #closed(code) {
    this.#letGo();
    const meaning = verdict(code, this.#error);
    const { action, reason } = meaning;
    if (action === "done") return this.#end({ name: "done" });
    if (action === "giveUp") return this.#end({ name: "failed", reason, error: this.#error });
    if (action === "fresh") this.#resumeToken = this.#lastEventId = null;
    const retryInMs = retryDelayMs(this.#attempt, meaning);
    this.#attempt += 1;
    this.#retryTimer = setTimeout(() => this.connect(), retryInMs);
    this.onState({ name: "waiting", reason, error: this.#error, retryInMs, attempt: this.#attempt });
  }

  #refused(error) {
    if (error instanceof NoAccessError) this.#end({ name: "failed", reason: "unauthorized" });
    else this.#closed(1006);
  }

  #letGo() {
    const socket = this.#socket;
    this.#socket = null;
    this.#ready = this.#stopSent = false;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #end(state) {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#ticker);
    this.#letGo();
    this.onState(state);
  }

  #reportHeld(full) {
    this.#full = full;
    const lostSeconds = this.#lostSamples / this.sampleRate;
    if (!full) this.#lostSamples = 0;
    this.onHeld({ seconds: this.heldSeconds, full, lostSeconds });
  }

  #tick() {
    if (!this.#socket) return;
    const found = this.#watch.look(this.#socket, this.#ready);
    if (found === "dead") this.#closed(1006);
    else if (found === "silent") this.#say(encodeKeepalive());
  }
}

/** The address of the WebSocket, for a page whose address is `base`. */
export function audioUrl(base) {
  const address = new URL("ws/audio", base);
  address.protocol = address.protocol.replace("http", "ws");
  return address.href;
}
