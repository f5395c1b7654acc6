/** The microphone, from asking for it until it is closed. It runs at the device's own rate, and can be changed meanwhile. */

import { contextAt, join, makeContext } from "./audio-context.js";
import { openMicrophone } from "./device.js";
import { makeRecorder } from "./pcm-recorder.js";

const START_TIMEOUT_MS = 8_000;

/** Names of what this browser lacks for recording; an empty list where nothing is missing. */
export function missingFeatures(scope = globalThis) {
  const wanted = { WebSocket: scope.WebSocket, "Web Audio": scope.AudioContext };
  return Object.keys(wanted).filter((name) => !wanted[name]);
}

export class Capture {
  #context;
  #rateIsFixed = false; // by the talk, which has one rate from its beginning to its end
  #recorder = null;
  #stream = null;
  #source = null;
  #broken = false; // the recorder's processor has thrown, and will never be called again
  #opening = null; // marks the newest opening: what an older one brings is closed as soon as it comes
  #closed = false;

  /**
   * `onFrame(pcm)`: Int16Array, mono, about 96 ms; `onTrouble()`: `trouble` may be another one now. Make it in the click
   * itself: some browsers let audio start only there.
   */
  constructor({ onFrame, onTrouble }) {
    Object.assign(this, { onFrame, onTrouble });
    this.#watch(makeContext());
  }

  get sampleRate() {
    return this.#context.sampleRate;
  }

  get kind() {
    return this.#recorder?.kind;
  }

  /** The name of the device that is open, or "". */
  get device() {
    return this.#track?.label ?? "";
  }

  /**
   * Why no sound can come: "broken" (the audio thread), "ended" (no microphone is open), "stopped" (the browser has
   * stopped the audio: iOS during a phone call), "muted" (by the system); or null. A browser may say nothing of all that.
   */
  get trouble() {
    if (this.#broken) return "broken";
    if (this.#track?.readyState !== "live") return "ended";
    if (this.#context.state !== "running") return "stopped";
    return this.#track.muted ? "muted" : null;
  }

  /** Open a microphone ("": the default one). `processing`: constraints of getUserMedia. Throws what that throws. */
  async start(deviceId, processing) {
    await this.use(deviceId, processing);
    await started(this.#context);
    await this.#record();
    this.#rateIsFixed = true;
  }

  /** Change to another microphone or processing. The session goes on: the audio context and its rate stay. */
  async use(deviceId, processing) {
    if (this.#closed) return;
    const opening = (this.#opening = {});
    const stream = await openMicrophone(deviceId, { ...processing, channelCount: 1 });
    if (this.#opening !== opening) return end(stream); // Stop, or another change, came first
    this.#closeStream();
    this.#stream = stream;
    const track = this.#track;
    track.onended = track.onmute = track.onunmute = () => this.onTrouble();
    const { context, source } = join(this.#context, stream, !this.#rateIsFixed);
    this.#watch(context);
    this.#source = source;
    if (this.#recorder) this.#source.connect(this.#recorder.node);
  }

  /** Ask the browser to let audio run again. It may refuse as long as a phone call lasts. */
  resume() {
    this.#context.resume().catch(() => {});
  }

  /** Open the microphone again, with a new recorder. Throws what getUserMedia throws. */
  async reopen(deviceId, processing) {
    await this.use(deviceId, processing);
    await this.#record();
  }

  /** Make everything anew. Some browsers say that audio runs, and it stands still. Throws what getUserMedia throws. */
  async rebuild(deviceId, processing) {
    if (this.#closed) return;
    this.#closeStream();
    const old = this.#context;
    this.#watch(contextAt(old.sampleRate));
    old.close().catch(() => {});
    this.#recorder = null;
    await this.start(deviceId, processing);
  }

  /** End the tracks at once. Nothing is opened any more, and what is being opened is closed as soon as it comes. */
  close() {
    this.#closed = true;
    this.#opening = null;
    this.#closeStream();
  }

  /** Close the microphone. The last frames are handed out before this resolves. */
  async stop() {
    this.#opening = this.#context.onstatechange = null;
    const last = this.#recorder?.stop();
    this.close();
    await last;
    if (this.#context.state !== "closed") await this.#context.close();
  }

  get #track() {
    return this.#stream?.getAudioTracks()[0];
  }

  #watch(context) {
    if (this.#context) this.#context.onstatechange = null;
    this.#context = context;
    context.onstatechange = () => this.onTrouble();
  }

  async #record() {
    if (this.#closed) return;
    const before = this.#recorder;
    const recorder = await makeRecorder(this.#context, this.onFrame, () => this.#break(recorder));
    if (this.#closed || this.#recorder !== before) return recorder.stop();
    before?.stop();
    this.#broken = false;
    this.#recorder = recorder;
    this.#source?.connect(recorder.node);
  }

  #break(recorder) {
    if (this.#recorder !== recorder) return;
    this.#broken = true;
    this.onTrouble();
  }

  #closeStream() {
    this.#source?.disconnect();
    this.#source = null;
    end(this.#stream);
    this.#stream = null;
  }
}

function end(stream) {
  for (const track of stream?.getTracks() ?? []) {
    track.onended = track.onmute = track.onunmute = null;
    track.stop();
  }
}

/** Resolves when audio runs. Firefox never starts it where there is no sound output, and does not say so. */
async function started(context) {
  let timer;
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new DOMException("the audio does not start", "NoAudioError")), START_TIMEOUT_MS);
  });
  await Promise.race([context.resume(), late]).finally(() => clearTimeout(timer));
}
