/** What stands above a talk of the history: the name that the reader gave, the file's, or when it was. */

import { dateAndTime } from "../lib/time.js";

export function talkTitle({ name, startedAt }, { t, locale }) {
  return name || t("history.talkOf", { date: dateAndTime(startedAt, locale()) });
}
