/** Taking the transcript along: as text for the clipboard or a file. */

import { clock } from "./time.js";
import { moodKey } from "./unsure.js";

/** One line a sentence, a heading a talk, an empty line between talks: pure. */
export function asText(talks, t) {
  return talks
    .map(({ title, records }) => [title, ...records.filter(({ state }) => state === "settled").map((each) => line(each, t))])
    .filter((lines) => lines.length > 1)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function line({ start, text, mood, unsure, score }, t) {
  const percent = Number.isFinite(score) && !unsure ? ` ${Math.round(score * 100)} %` : "";
  return t("export.line", { time: clock(start), text, mood: mood ? ` (${t(moodKey({ mood, unsure }))}${percent})` : "" });
}

/** True when the text is on the clipboard. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

export function save(text, name) {
  const url = URL.createObjectURL(new Blob([`${text}\n`], { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  Object.assign(link, { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
