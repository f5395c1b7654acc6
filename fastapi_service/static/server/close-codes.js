/** What the page does when a connection has ended, by its close code and last error. Pure. */

const NEVER_AGAIN = {
  taken_over: "takenOver",
  rate_changed: "refused",
  unauthorized: "unauthorized",
  origin_refused: "foreign",
  deleted: "deleted",
  unsupported: "unsupported",
};
const GIVE_UP = { 4400: "refused", 4401: "unauthorized" };
const RESUME_REASON = { 1012: "restart", 4408: "idle", 4429: "tooFast" };

/**
 * What a close code and the connection's last `error` message (or null) ask for: `{action, reason}`.
 * `action` is "done", "resume", "fresh" (the session is gone: open another one), "later" (the server is full) or "giveUp".
 * `reason` is the key of the words for the reader.
 */
export function verdict(code, error) {
  if (code === 1000) return { action: "done", reason: "done" };
  if (error?.code === "unknown_resume_token") return { action: "fresh", reason: "forgotten" };
  if (error && NEVER_AGAIN[error.code]) return { action: "giveUp", reason: NEVER_AGAIN[error.code] };
  if (GIVE_UP[code]) return { action: "giveUp", reason: GIVE_UP[code] };
  if (code === 1013) return { action: "later", reason: error?.code === "unavailable" ? "unavailable" : "full" };
  return { action: "resume", reason: RESUME_REASON[code] ?? "away" };
}

/**
 * Milliseconds until attempt number `attempt` (from 0). They double up to 10 s, and half of them is random, so that pages
 * do not come back in step. A server that restarts has sent everybody away at once: then the first attempts, too, are
 * spread over a second.
 */
export function retryDelayMs(attempt, { action, reason }, random = Math.random) {
  const least = action === "later" ? 4000 : reason === "restart" ? 2000 : 300;
  const span = Math.min(10_000, least * 2 ** attempt);
  return Math.round(span / 2 + (random() * span) / 2);
}
