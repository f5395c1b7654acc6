/** The microphone, from asking for it until it is closed. It runs at the device's own rate, and can be changed meanwhile. */

import { makeRecorder } from "./pcm-recorder.js";

const START_TIMEOUT_MS = 8_000;

/** Names of what this browser lacks for recording; an empty list where nothing is missing. */
export function missingFeatures(scope = globalThis) {
  const wanted = { WebSocket: scope.WebSocket, "Web Audio": scope.AudioContext };
  return Object.keys(wanted).filter((name) => !wanted[name]);
}

export class Capture {
  #context;
  #recorder = null;
  #stream = null;
  #source = null;

  /**
   * `onFrame(pcm)`: Int16Array, mono, about 96 ms; `onEnded()`: the device went away. Make it in the click itself: some
   * browsers let audio start only there.
   */
  constructor({ onFrame, onEnded }) {
    this.onFrame = onFrame;
    this.onEnded = onEnded;
    this.#context = new AudioContext({ latencyHint: "interactive" }); // without a sampleRate: the device's own rate is kept
  }

  get sampleRate() {
    return this.#context.sampleRate;
  }

  get kind() {
    return this.#recorder?.kind;
  }

  /** Open a microphone ("": the default one). `processing`: constraints of getUserMedia. Throws what that throws. */
  async start(deviceId, processing) {
    await this.use(deviceId, processing);
    await started(this.#context);
    this.#recorder = await makeRecorder(this.#context, this.onFrame);
    this.#source.connect(this.#recorder.node);
    // Phones suspend audio during a call. It goes on when the page is looked at again.
    this.#context.onstatechange = () => {
      if (this.#context.state !== "closed") this.#context.resume().catch(() => {});
    };
  }

  /** Change to another microphone or processing. The session goes on: the audio context and its rate stay. */
  async use(deviceId, processing) {
    const stream = await openMicrophone(deviceId, { ...processing, channelCount: 1 });
    this.#closeStream();
    this.#stream = stream;
    stream.getAudioTracks()[0].onended = () => this.onEnded();
    this.#source = this.#context.createMediaStreamSource(stream);
    if (this.#recorder) this.#source.connect(this.#recorder.node);
  }

  /** Close the microphone. The last frames are handed out before this resolves. */
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

/** Resolves when audio runs. Firefox never starts it where there is no sound output, and does not say so. */
async function started(context) {
  let timer;
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new DOMException("the audio does not start", "NoAudioError")), START_TIMEOUT_MS);
  });
  await Promise.race([context.resume(), late]).finally(() => clearTimeout(timer));
}

/** The stream of the chosen device, or of the default one where the chosen one is gone. */
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
