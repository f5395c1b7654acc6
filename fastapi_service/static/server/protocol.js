/** The WebSocket protocol, version 1, as the speaker needs it: encoding and decoding. docs/protocol.md specifies it. Pure. */

export const PROTOCOL_VERSION = 1;

const text = (value) => typeof value === "string";
const number = (value) => Number.isFinite(value);
const whole = (value) => Number.isSafeInteger(value) && value >= 0;
const flag = (value) => typeof value === "boolean";
const record = (value) => typeof value === "object" && value !== null;
const orNull = (check) => (value) => value === null || value === undefined || check(value);
const label = (value) => ["POSITIVE", "NEGATIVE", "NEUTRAL"].includes(value);
const utterance = { utterance_id: text, seq: whole };

/** What each message of the server must hold before the page believes it. Whoever reads an optional field checks it there. */
const REQUIRED = {
  ready: { session_id: text, resume_token: text, next_sample: whole, limits: record, models: record },
  ack: { sample: whole },
  speech_started: { ...utterance, at: number },
  speech_ended: { ...utterance, at: number },
  partial: { ...utterance, text, stable_chars: orNull(whole) },
  final: { ...utterance, start: number, end: number, text },
  sentiment: { ...utterance, label: orNull(label), score: orNull(number) },
  no_speech: { ...utterance },
  status: { queue_seconds: number, level: text },
  error: { code: text, message: text, retryable: flag },
  done: { session_id: text, summary: record },
};

/** The server sent a frame that is no message of this protocol; `frame` is that. */
export class ProtocolError extends Error {
  constructor(message, frame) {
    super(message);
    this.name = "ProtocolError";
    this.frame = frame;
  }
}

/** The first message of a connection. `sampleRate` is in Hz; everything else may be left out. */
export function encodeStart({
  sampleRate, language, languages, task, endpointMs, words, interim = true, resumeToken, lastEventId, token,
}) {
  const message = { type: "start", encoding: "pcm16", sample_rate: sampleRate };
  if (language) message.language = language;
  if (languages?.length) message.languages = languages;
  if (task) message.task = task;
  if (endpointMs) message.endpoint_ms = endpointMs;
  if (flag(words)) message.words = words;
  if (!interim) message.interim = false;
  if (resumeToken) message.resume_token = resumeToken;
  if (lastEventId) message.last_event_id = lastEventId;
  if (token) message.token = token;
  return JSON.stringify(message);
}

export const encodeFinalize = () => JSON.stringify({ type: "finalize" });
export const encodeKeepalive = () => JSON.stringify({ type: "keepalive" });
export const encodeStop = () => JSON.stringify({ type: "stop" });

/** The message in a text frame, or null where its type is newer than this page. Throws ProtocolError for a broken one. */
export function decode(frame) {
  let message;
  try {
    message = JSON.parse(frame);
  } catch {
    throw new ProtocolError("not JSON", frame);
  }
  if (!record(message) || !text(message.type)) throw new ProtocolError("no type", frame);
  if (!Object.hasOwn(REQUIRED, message.type)) return null;
  for (const [field, valid] of Object.entries(REQUIRED[message.type])) {
    if (!valid(message[field])) throw new ProtocolError(`${message.type}: wrong ${field}`, frame);
  }
  return message;
}

/** The newer of two event ids ("milliseconds-number"); each may be null. */
export function newerEventId(one, other) {
  if (!one || !other) return one || other || null;
  const [oneMs, oneNumber] = one.split("-").map(Number);
  const [otherMs, otherNumber] = other.split("-").map(Number);
  return oneMs > otherMs || (oneMs === otherMs && oneNumber > otherNumber) ? one : other;
}
