/** What went wrong with a file, in the words' keys: pure. */

import { FileError } from "./files-api.js";

const NOT_READ = ["NotReadableError", "NotFoundError"]; // the file was moved or deleted on this device

/** `{problem, retry}`: key of `file.problem.{problem}`, and whether trying again may help; null for our own mistakes. */
export function problemOf(error) {
  if (error instanceof FileError) return { problem: error.kind, retry: error.kind !== "gone" && error.kind !== "tooLarge" };
  if (error.name === "NoAccessError") return { problem: "unauthorized", retry: true };
  return NOT_READ.includes(error.name) ? { problem: "unreadable", retry: false } : null;
}
