/** Columns over time as plain SVG: it takes the page's colours, light or dark, and needs no library. */

import { makeSvg } from "../lib/dom.js";
import { smoothed } from "../sentences/mood.js";
import { roundUp } from "./format.js";

const WIDTH = 600;
const HEIGHT = 120;
const GAP = 2;

/**
 * Columns as boxes, in the drawing's units: pure. `columns`: lists of {value, kind}, stacked upwards from `floor`;
 * negative values hang downwards.
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

/** Moods of all, minute for minute: {at, value} with a value from -1 to 1, smoothed; minutes without any are left out. */
export function course(minutes) {
  return smoothed(minutes.flatMap(({ labels }, at) => {
    const [positive, negative, rated] = counted(labels);
    return rated ? [{ at, value: (positive - negative) / rated }] : [];
  }));
}

/** [positive, negative, all that have a label]. */
export function counted({ POSITIVE = 0, NEUTRAL = 0, NEGATIVE = 0 }) {
  return [POSITIVE, NEGATIVE, POSITIVE + NEUTRAL + NEGATIVE];
}

export class Columns {
  constructor(svg) {
    this.svg = svg;
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute("preserveAspectRatio", "none");
  }

  /** Upwards from the ground; returns the value at the top. `titles`: what the pointer is told over each column. */
  show(columns, titles) {
    const top = roundUp(Math.max(...columns.map((parts) => parts.reduce((sum, { value }) => sum + value, 0))));
    const grid = [0.5].map((share) => this.#line(HEIGHT * share));
    this.svg.replaceChildren(...grid, ...this.#drawn(boxes(columns, HEIGHT / top, HEIGHT)), ...this.#hovers(titles));
    return top;
  }

  /** The share of good moods upwards, of bad ones downwards, and where they tend. */
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

  /** Boxes without colour that have the pointer's words. */
  #hovers(titles) {
    const width = WIDTH / titles.length;
    return titles.map((words, index) => makeSvg("rect", { class: "hover", x: index * width, y: 0, width, height: HEIGHT },
      makeSvg("title", {}, words)));
  }
}
