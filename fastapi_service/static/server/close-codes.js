/** What the end of a connection means for the page: pure. */

const NEVER_AGAIN = { taken_over: "takenOver", rate_changed: "refused", unauthorized: "unauthorized", deleted: "deleted", unsupported: "unsupported" };
const GIVE_UP = { 4400: "refused", 4401: "unauthorized" };
const RESUME_REASON = { 1012: "restart", 4408: "idle", 4429: "tooFast" };

/**
 * Close code and the connection's last `error` → what to do.
 * `action`: "done", "resume", "fresh" (the session is gone, open another), "later" (full) or "giveUp".
 * `reason`: key of the words for the user.
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
 * Milliseconds to the next attempt: doubling up to 10 s, half of it random so that pages do not come back in step. A
 * server that restarts has sent everybody away at once: they are spread over a second from the first attempt on.
 */
export function retryDelayMs(attempt, { action, reason }, random = Math.random) {
  const least = action === "later" ? 4000 : reason === "restart" ? 2000 : 300;
  const span = Math.min(10_000, least * 2 ** attempt);
  return Math.round(span / 2 + (random() * span) / 2);
}
