/** A talk as a file. SRT and VTT without moods are the same as those of fastapi_service/openai/subtitles.py. Pure. */

import { summarise } from "../sentences/summary.js";
import { clock } from "../lib/time.js";
import { moodKey, shownScore } from "../sentences/mood.js";

/** The formats, in the order in which they are offered: `{extension: {type, make(talk, {t, moods})}}`. */
export const FORMATS = {
  txt: { type: "text/plain", make: text },
  md: { type: "text/markdown", make: markdown },
  srt: { type: "application/x-subrip", make: srt },
  vtt: { type: "text/vtt", make: vtt },
  csv: { type: "text/csv", make: csv },
  json: { type: "application/json", make: json },
};

// A spreadsheet takes a cell that begins like this for a formula. The last four are full-width forms.
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/u;
const COLUMNS = ["seq", "start_s", "end_s", "text", "sentiment", "score", "positive", "neutral", "negative", "language",
  "translated", "state", "note"];
// eslint-disable-next-line no-control-regex -- control characters are forbidden too
const FORBIDDEN = /[\u0000-\u001f\u007f<>:"/\\|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)$/i;
const LONGEST_NAME = 80;

const settled = (records) => records.filter(({ state }) => state === "settled");

/** "Positive 93 %", or "" where there is no mood. */
export function moodWords(record, t) {
  return record.mood ? `${t(moodKey(record))} ${shownScore(record)}`.trimEnd() : "";
}

/** The label that the server gave, whatever the reader's own measure makes of it. */
const labelOf = ({ label, mood }) => label ?? mood ?? null;

/** Text to read, a line for each sentence. The talk is `{title, startedAt: Date, records}` here and below. */
export function text({ title, records }, { t, moods = true }) {
  const lines = settled(records).map((record) => {
    const mood = moods ? moodWords(record, t) : "";
    return t("export.line", { time: clock(record.start), text: record.text, mood: mood && ` (${mood})` });
  });
  return [title, ...lines, ""].join("\n");
}

/** Markdown, a point of a list for each sentence. */
export function markdown({ title, records }, { t, moods = true }) {
  const lines = settled(records).map((record) => {
    const mood = moods ? moodWords(record, t) : "";
    return `- **${clock(record.start)}** ${literal(record.text)}${mood && ` *(${mood})*`}`;
  });
  return [`# ${literal(title)}`, "", ...lines, ""].join("\n");
}

/** SubRip. A mood is a second line of its cue, because the format has no comments. */
export function srt({ records }, { t, moods = true }) {
  return settled(records).map((record, index) => {
    const mood = moods ? moodWords(record, t) : "";
    return `${index + 1}\n${cueTimes(record, ",")}\n${record.text}\n${mood && `(${mood})\n`}`;
  }).join("\n");
}

/** WebVTT. A mood is a NOTE in front of its cue; players do not show that. */
export function vtt({ records }, { t, moods = true }) {
  const cues = settled(records).map((record) => {
    const mood = moods ? moodWords(record, t) : "";
    return `${mood && `NOTE ${mood}\n\n`}${cueTimes(record, ".")}\n${escaped(record.text)}\n`;
  });
  return `WEBVTT\n\n${cues.join("\n")}`;
}

/** CSV (RFC 4180) with a byte order mark: without one, spreadsheets do not take it for Unicode. */
export function csv({ records }) {
  const rows = lasting(records).map((record) => [
    record.seq, record.start, record.end, guarded(record.text), labelOf(record), record.score, record.scores?.POSITIVE,
    record.scores?.NEUTRAL, record.scores?.NEGATIVE, guarded(record.language), record.translated, record.state,
    guarded(record.problem ?? record.reason),
  ]);
  return `\ufeff${[COLUMNS, ...rows].map((row) => row.map(quoted).join(",")).join("\r\n")}\r\n`;
}

/** JSON with everything that is known, except for secrets. */
export function json({ title, startedAt, records }) {
  const { words, spokenSeconds, wordsPerMinute, moods, failed } = summarise(records);
  const sentences = lasting(records).map((record) => {
    const { seq, state, start, end, text: said, language, translated, words: times, model, timings, problem } = record;
    const { score, scores, reason, moodModel } = record;
    const sentiment = { label: labelOf(record), score: score ?? null, scores, reason, model: moodModel };
    return {
      seq, state, start, end, text: said, language, translated, words: times, model, timings, problem,
      sentiment: state === "settled" ? sentiment : undefined,
    };
  });
  const summary = {
    sentences: settled(records).length, words, spoken_s: spokenSeconds, words_per_minute: wordsPerMinute, moods, failed,
  };
  return `${JSON.stringify({ title, started_at: startedAt.toISOString(), summary, sentences }, null, 2)}\n`;
}

/** A name for the file that every system takes, such as "lecture.srt"; `title` may be any text. */
export function fileName(title, extension) {
  const words = [...title.replace(FORBIDDEN, " ").replace(/\s+/gu, " ")].slice(0, LONGEST_NAME).join("");
  const safe = words.replace(/^[\s.]+|[\s.]+$/gu, "");
  return `${!safe || RESERVED.test(safe) ? `talk ${safe}`.trim() : safe}.${extension}`;
}

const lasting = (records) => records.filter(({ state }) => state === "settled" || state === "failed");

const cueTimes = ({ start, end }, point) => `${stamp(start, point)} --> ${stamp(end, point)}`;

function stamp(seconds, point) {
  const ms = roundHalfEven(seconds * 1000);
  const two = (value) => String(value).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, Math.floor(ms / 1000) % 60];
  return `${two(hours)}:${two(minutes)}:${two(rest)}${point}${String(ms % 1000).padStart(3, "0")}`;
}

/** Rounds as Python does, so that page and server give the same milliseconds. */
function roundHalfEven(value) {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/** Words as Markdown shows them as they are. */
const literal = (words) => words.replace(/[\\`*_{}[\]<>#|~&]/gu, "\\$&");

const escaped = (words) => words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const guarded = (words) => (FORMULA.test(words ?? "") ? `'${words}` : words);

function quoted(value) {
  const cell = String(value ?? "");
  return /[",\r\n]/u.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
