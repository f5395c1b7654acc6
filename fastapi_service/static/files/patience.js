/** Waits for a server that is away or full: a file loses nothing by that. */

import { FileError } from "./files-api.js";

const WAIT_MS = [1000, 2000, 4000, 8000, 10_000];

/**
 * The result of `work()`, which is tried again while the server is away or full. `onWait(kind)` is
 * called with "away" or "full" when the reader should know; a short break is not worth a word. Throws what else `work`
 * throws, and the signal's reason.
 */
export async function patiently(work, { signal, onWait }) {
  for (let attempt = 0; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      const result = await work();
      signal.throwIfAborted();
      return result;
    } catch (error) {
      if (!(error instanceof FileError) || !["away", "full"].includes(error.kind)) throw error;
      if (attempt > 0 || error.kind === "full") onWait(error.kind);
      await pause(WAIT_MS[Math.min(attempt, WAIT_MS.length - 1)], signal);
    }
  }
}

/** Resolves after `ms`; is rejected with the signal's reason when that comes first. */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => reject(signal.reason, clearTimeout(timer)), { once: true });
  });
}
