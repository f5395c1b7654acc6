/** Columns over time, drawn as plain SVG: in the page's colours, light or dark, and without a library. */

import { makeSvg } from "../lib/dom.js";
import { smoothed } from "../sentences/mood.js";
import { roundUp } from "./format.js";

const WIDTH = 600;
const HEIGHT = 120;
const GAP = 2;

/**
 * Columns as boxes `{index, kind, x, y, width, height}`. A column is a list of `{value, kind}`, which are stacked upwards
 * from `floor`; negative values hang down from it. `unit` is the height of 1. Pure.
 */
export function boxes(columns, unit, floor) {
  const step = WIDTH / columns.length;
  return columns.flatMap((parts, index) => {
    let above = floor;
    let below = floor;
    return parts.filter(({ value }) => value !== 0).map(({ value, kind }) => {
      const height = Math.abs(value) * unit;
      if (value > 0) above -= height;
      const y = value > 0 ? above : below;
      if (value < 0) below += height;
      return { index, kind, x: index * step + GAP / 2, y, width: step - GAP, height };
    });
  });
}

/** The smoothed mood of everybody: a point `{at: minute, value: -1..1}` for each minute in which a sentence was rated. */
export function course(minutes) {
  return smoothed(minutes.flatMap(({ labels }, at) => {
    const [positive, negative, rated] = counted(labels);
    return rated ? [{ at, value: (positive - negative) / rated }] : [];
  }));
}

/** How many labels are positive, how many negative, and how many there are: an array. */
export function counted({ POSITIVE = 0, NEUTRAL = 0, NEGATIVE = 0 }) {
  return [POSITIVE, NEGATIVE, POSITIVE + NEUTRAL + NEGATIVE];
}

export class Columns {
  constructor(svg) {
    this.svg = svg;
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute("preserveAspectRatio", "none");
  }

  /** Draw columns that stand on the ground; returns the value at the top. `titles`: what the pointer shows over each. */
  show(columns, titles) {
    const top = roundUp(Math.max(...columns.map((parts) => parts.reduce((sum, { value }) => sum + value, 0))));
    const grid = [0.5].map((share) => this.#line(HEIGHT * share));
    this.svg.replaceChildren(...grid, ...this.#drawn(boxes(columns, HEIGHT / top, HEIGHT)), ...this.#hovers(titles));
    return top;
  }

  /** Draw the share of good moods upwards, of bad ones downwards, and the course of both as a line. */
  showMoods(minutes, titles) {
    const middle = HEIGHT / 2;
    const columns = minutes.map(({ labels }) => {
      const [positive, negative, rated] = counted(labels);
      if (!rated) return [];
      return [{ value: positive / rated, kind: "POSITIVE" }, { value: -negative / rated, kind: "NEGATIVE" }];
    });
    const step = WIDTH / minutes.length;
    const points = course(minutes).map(({ at, value }) => `${(at + 0.5) * step},${middle - value * middle}`);
    const trend = makeSvg("polyline", { class: "trend", points: points.join(" ") });
    this.svg.replaceChildren(this.#line(middle), ...this.#drawn(boxes(columns, middle, middle)), trend, ...this.#hovers(titles));
  }

  #drawn(found) {
    return found.map(({ kind, x, y, width, height }) => makeSvg("rect", { class: `bar bar-${kind}`, x, y, width, height }));
  }

  #line(y) {
    return makeSvg("line", { class: "middle", x1: 0, x2: WIDTH, y1: y, y2: y });
  }

  /** Boxes without colour, over which the pointer shows words. */
  #hovers(titles) {
    const width = WIDTH / titles.length;
    return titles.map((words, index) => makeSvg("rect", { class: "hover", x: index * width, y: 0, width, height: HEIGHT },
      makeSvg("title", {}, words)));
  }
}
