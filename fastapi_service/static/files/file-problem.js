/** What went wrong with a file. Pure. */

import { FileError } from "./files-api.js";

const NOT_READ = ["NotReadableError", "NotFoundError"]; // the file was moved or deleted on this device

/** `{problem, retry}`: of the words `file.problem.{problem}`, and whether another attempt may help. Null: a mistake of ours. */
export function problemOf(error) {
  if (error instanceof FileError) return { problem: error.kind, retry: error.kind !== "gone" && error.kind !== "tooLarge" };
  if (error.name === "NoAccessError") return { problem: "unauthorized", retry: true };
  return NOT_READ.includes(error.name) ? { problem: "unreadable", retry: false } : null;
}
