/** The audio node that hands out samples: an AudioWorklet, or a ScriptProcessorNode in browsers that have no worklets. */

const FRAME_S = 0.096; // three windows of the server's voice detection; the protocol wants 20–100 ms
const STOP_TIMEOUT_MS = 500;

/** Samples from −1 to 1 → 16 bits. Louder ones are clipped, and NaN becomes silence. */
export function toPcm16(samples) {
  const pcm = new Int16Array(samples.length);
  for (let index = 0; index < samples.length; index += 1) {
    const sample = Math.max(-1, Math.min(1, samples[index] || 0));
    pcm[index] = Math.round(sample * 32767);
  }
  return pcm;
}

/** Samples a frame: the largest power of two within 96 ms at `rateHz`. A ScriptProcessorNode has no other sizes. */
export function scriptBufferSize(rateHz) {
  const largest = 2 ** Math.floor(Math.log2(rateHz * FRAME_S));
  return Math.min(16_384, Math.max(256, largest));
}

/**
 * `{kind, node, stop()}`. `onFrame(pcm16)` gets mono frames at the context's rate until `stop()` has resolved;
 * `onBroken()`: the audio thread has thrown, and no more will come.
 */
export async function makeRecorder(context, onFrame, onBroken) {
  if (context.audioWorklet && globalThis.AudioWorkletNode) return worklet(context, onFrame, onBroken);
  return scriptProcessor(context, onFrame);
}

async function worklet(context, onFrame, onBroken) {
  await context.audioWorklet.addModule(new URL("pcm-worklet.js", import.meta.url));
  const node = new AudioWorkletNode(context, "frame-collector", {
    channelCount: 1,
    channelCountMode: "explicit", // stereo microphones are mixed down
    processorOptions: { frameSamples: Math.round(context.sampleRate * FRAME_S) },
  });
  node.onprocessorerror = onBroken;
  node.connect(context.destination); // browsers run only what leads to the output; nothing is heard there
  const ended = new Promise((resolve) => {
    node.port.onmessage = ({ data }) => (data === null ? resolve() : onFrame(toPcm16(data)));
  });
  const stop = async () => {
    node.port.postMessage("stop");
    // A suspended context runs no processor, which would then never answer.
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, STOP_TIMEOUT_MS))]);
    node.port.onmessage = null;
    node.port.close();
    node.disconnect();
  };
  return { kind: "worklet", node, stop };
}

function scriptProcessor(context, onFrame) {
  const node = context.createScriptProcessor(scriptBufferSize(context.sampleRate), 1, 1);
  node.onaudioprocess = ({ inputBuffer }) => onFrame(toPcm16(inputBuffer.getChannelData(0)));
  node.connect(context.destination);
  const stop = async () => {
    node.onaudioprocess = null;
    node.disconnect();
  };
  return { kind: "script-processor", node, stop };
}
