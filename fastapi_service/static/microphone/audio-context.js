/** Audio contexts whose rate the server takes, and to which the browser joins the microphone. */

const LEAST_HZ = 8_000;
const MOST_HZ = 96_000; // the server takes no more (wta/audio_format.py)
const USUAL_HZ = [48_000, 44_100, 16_000];

/** A context at the device's own rate; at a usual one where the server does not take that (sound cards at 192 kHz). */
export function makeContext() {
  const own = contextAt();
  if (own.sampleRate >= LEAST_HZ && own.sampleRate <= MOST_HZ) return own;
  own.close();
  return contextAt(USUAL_HZ[0]);
}

/** A context at a rate in Hz; left out: at the device's own. */
export function contextAt(sampleRate) {
  return new AudioContext({ latencyHint: "interactive", ...(sampleRate && { sampleRate }) });
}

/**
 * `{ context, source }`: the stream as a node. Firefox joins a microphone only to a context of the same rate, and does
 * not say which that is, so with `mayChange` the usual ones are tried. Throws what createMediaStreamSource throws.
 */
export function join(context, stream, mayChange) {
  try {
    return { context, source: context.createMediaStreamSource(stream) };
  } catch (error) {
    if (error.name !== "NotSupportedError") throw error;
    const joined = mayChange && USUAL_HZ.reduce((found, rate) => found ?? joinedAt(rate, stream), null);
    if (!joined) throw new DOMException(error.message, "OtherRateError");
    context.close();
    return joined;
  }
}

function joinedAt(rate, stream) {
  const context = contextAt(rate);
  try {
    return { context, source: context.createMediaStreamSource(stream) };
  } catch {
    context.close();
    return null;
  }
}
