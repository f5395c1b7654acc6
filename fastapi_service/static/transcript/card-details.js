/** What a card shows on demand: the language, scores, when each stage was done, the words' times, the models. */

import { make } from "../lib/dom.js";
import { MOODS } from "../sentences/mood.js";
import { languageName } from "../texts/language-name.js";

const STAGES = ["captured", "cut", "queued", "stt_start", "stt_end", "analysed"];
const CLOCKS_APART_S = 60; // beyond this, page and server do not agree on the time, and the page's own stages are left out
const SHOWN_AFTER = { textShown: "stt_end", moodShown: "analysed" };

/** Seconds from the last word to each stage that is known, in their order: `[[stage, seconds], …]`. Pure. */
export function stageSeconds({ timings = {}, textShownAt, moodShownAt }) {
  const { captured } = timings;
  if (!captured) return [];
  const known = STAGES.filter((stage) => timings[stage]).map((stage) => [stage, timings[stage] - captured]);
  const onPage = [["textShown", textShownAt], ["moodShown", moodShownAt]]
    .filter(([stage, at]) => at >= (timings[SHOWN_AFTER[stage]] ?? captured)) // or else the clocks are apart
    .map(([stage, at]) => [stage, at - captured])
    .filter(([, seconds]) => seconds < CLOCKS_APART_S);
  return [...known, ...onPage].sort(([, one], [, other]) => one - other);
}

/** Write a record's details into the element `details`, below its summary. */
export function fillDetails(details, record, t) {
  const parts = [language(record, t), scores(record, t), times(record, t), words(record, t), models(record, t)].filter(Boolean);
  details.replaceChildren(details.querySelector("summary"), ...parts);
}

function section(title, rows) {
  if (rows.length === 0) return null;
  const items = rows.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value)));
  return make("div", { class: "details-part" }, make("p", { class: "details-title" }, title), make("dl", {}, ...items));
}

function language({ language: code, translated, reason }, t) {
  const rows = [];
  const name = code && languageName(code, document.documentElement.lang || "en");
  if (name) rows.push([t("details.language"), translated ? t("details.translated", { name }) : name]);
  if (reason) rows.push([t("details.noRating"), reason]);
  return section(t("details.languageTitle"), rows);
}

function scores({ scores: all }, t) {
  const rows = MOODS.filter((mood) => Number.isFinite(all?.[mood]));
  return section(t("details.scores"), rows.map((mood) => [t(`mood.${mood}`), `${(all[mood] * 100).toFixed(1)} %`]));
}

function times(record, t) {
  const rows = stageSeconds(record).map(([stage, seconds]) => [t(`details.${stage}`), `${seconds.toFixed(2)} s`]);
  return section(t("details.times"), rows);
}

function words({ words: all }, t) {
  return section(t("details.words"), (all ?? []).map(({ word, start }) => [word.trim(), `${start.toFixed(2)} s`]));
}

function models({ model, moodModel }, t) {
  const named = [[t("details.speech"), model], [t("details.sentiment"), moodModel]];
  return section(t("details.model"), named.filter(([, name]) => name));
}
