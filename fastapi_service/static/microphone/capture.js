/** The microphone: asked for, opened at the device's own rate, changed while running, closed. */

import { makeRecorder } from "./pcm-recorder.js";

const START_TIMEOUT_MS = 8_000;

/** What this browser lacks for recording; an empty list when nothing is missing. */
export function missingFeatures(scope = globalThis) {
  const wanted = { WebSocket: scope.WebSocket, "Web Audio": scope.AudioContext };
  return Object.keys(wanted).filter((name) => !wanted[name]);
}

export class Capture {
  #context;
  #recorder = null;
  #stream = null;
  #source = null;

  /** Make it in the click itself: some browsers let audio start only there. `onEnded()`: the device went away. */
  constructor({ onFrame, onEnded }) {
    this.onFrame = onFrame;
    this.onEnded = onEnded;
    this.#context = new AudioContext({ latencyHint: "interactive" }); // no sampleRate: never forced
  }

  get sampleRate() {
    return this.#context.sampleRate;
  }

  get kind() {
    return this.#recorder?.kind;
  }

  /** `processing`: constraints of getUserMedia, whose DOMException is thrown where there is no microphone to be had. */
  async start(deviceId, processing) {
    await this.use(deviceId, processing);
    await started(this.#context);
    this.#recorder = await makeRecorder(this.#context, this.onFrame);
    this.#source.connect(this.#recorder.node);
    // Phones suspend audio during a call; it goes on when the page is looked at again.
    this.#context.onstatechange = () => {
      if (this.#context.state !== "closed") this.#context.resume().catch(() => {});
    };
  }

  /** Another microphone or processing, without a break in the session: the context and its rate stay. */
  async use(deviceId, processing) {
    const stream = await openMicrophone(deviceId, { ...processing, channelCount: 1 });
    this.#closeStream();
    this.#stream = stream;
    stream.getAudioTracks()[0].onended = () => this.onEnded();
    this.#source = this.#context.createMediaStreamSource(stream);
    if (this.#recorder) this.#source.connect(this.#recorder.node);
  }

  /** The last frames are handed out before this resolves. */
  async stop() {
    this.#context.onstatechange = null;
    await this.#recorder?.stop();
    this.#closeStream();
    if (this.#context.state !== "closed") await this.#context.close();
  }

  #closeStream() {
    this.#source?.disconnect();
    for (const track of this.#stream?.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
  }
}

/** Firefox starts no audio at all without a sound output, and says nothing. */
async function started(context) {
  let timer;
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new DOMException("the audio does not start", "NoAudioError")), START_TIMEOUT_MS);
  });
  await Promise.race([context.resume(), late]).finally(() => clearTimeout(timer));
}

/** The chosen device, or the default one when the chosen one is not there any more. */
async function openMicrophone(deviceId, audio) {
  const media = navigator.mediaDevices;
  if (!deviceId) return media.getUserMedia({ audio });
  try {
    return await media.getUserMedia({ audio: { ...audio, deviceId: { exact: deviceId } } });
  } catch (error) {
    if (error.name !== "OverconstrainedError" && error.name !== "NotFoundError") throw error;
    return media.getUserMedia({ audio });
  }
}
