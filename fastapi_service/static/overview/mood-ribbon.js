/** The mood over time: a bar for each sentence (up: positive, down: negative, thin: neutral) and the trend as a line. */

import { makeSvg } from "../lib/dom.js";
import { direction, moodValue, trend } from "../sentences/mood.js";
import { clock } from "../lib/time.js";

const WIDTH = 600;
const HEIGHT = 80;
const MIDDLE = HEIGHT / 2;
const REACH = MIDDLE - 4;
const NEUTRAL_HEIGHT = 6;
const SHORTEST_S = 30; // a talk of a few seconds does not fill the width

/** A bar for each settled sentence with a mood: `{mood, x, y, width, height}` in the drawing's units. Pure. */
export function bars(records, lengthS) {
  return records.flatMap((record) => {
    const value = moodValue(record);
    if (record.state !== "settled" || value === null) return [];
    const x = (record.start / lengthS) * WIDTH;
    const width = Math.max(2, ((record.end - record.start) / lengthS) * WIDTH);
    const height = value === 0 ? NEUTRAL_HEIGHT : Math.abs(value) * REACH;
    const y = value === 0 ? MIDDLE - height / 2 : value > 0 ? MIDDLE - height : MIDDLE;
    return [{ mood: record.mood, x, y, width, height }];
  });
}

export class MoodRibbon {
  constructor({ svg, start, end, t }) {
    Object.assign(this, { svg, start, end, t });
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute("preserveAspectRatio", "none");
  }

  show(records, { moods }) {
    const lengthS = Math.max(SHORTEST_S, ...records.map(({ end }) => end ?? 0));
    const points = trend(records.filter(({ state }) => state === "settled"));
    const drawn = bars(records, lengthS).map(({ mood, ...box }) => makeSvg("rect", { ...box, class: `bar bar-${mood}` }));
    const middle = makeSvg("line", { class: "middle", x1: 0, x2: WIDTH, y1: MIDDLE, y2: MIDDLE });
    this.svg.replaceChildren(middle, ...drawn, ...this.#line(points, lengthS));
    this.start.textContent = clock(0);
    this.end.textContent = clock(lengthS);
    this.svg.setAttribute("aria-label", this.t("ribbon.label", {
      positive: moods.POSITIVE, neutral: moods.NEUTRAL, negative: moods.NEGATIVE,
      trend: this.t(`ribbon.${direction(points)}`),
    }));
  }

  #line(points, lengthS) {
    if (points.length < 2) return [];
    const place = ({ at, value }) => `${((at / lengthS) * WIDTH).toFixed(1)},${(MIDDLE - value * REACH).toFixed(1)}`;
    return [makeSvg("polyline", { class: "trend", points: points.map(place).join(" ") })];
  }
}
