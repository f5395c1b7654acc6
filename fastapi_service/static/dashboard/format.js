/** Figures as people read them. Pure. */

const STEPS = [1, 2, 3, 4, 6, 8];

/** Milliseconds → "87 ms" or "1.24 s"; null → "–". */
export function duration(ms) {
  if (ms === null) return "–";
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 0)} s`;
}

/** Bytes → "3.2 MB". */
export function megabytes(bytes) {
  const mb = bytes / 1e6;
  return `${mb < 10 ? mb.toFixed(1) : Math.round(mb)} MB`;
}

/** Seconds since 1970 → the time of day for the reader, "14:03"; `withSeconds`: "14:03:27". */
export function timeOfDay(seconds, withSeconds = false) {
  const wanted = { hour: "2-digit", minute: "2-digit", ...(withSeconds ? { second: "2-digit" } : {}) };
  return new Date(seconds * 1000).toLocaleTimeString(document.documentElement.lang, { ...wanted, hour12: false });
}

/** The value at the end of an axis: the smallest of 1, 2, 3, 4, 6, 8, 10, 20, … that is not below `most`. */
export function roundUp(most) {
  for (let power = 1; ; power *= 10) {
    const found = STEPS.find((step) => step * power >= most);
    if (found) return found * power;
  }
}
