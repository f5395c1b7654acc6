/** How the talk goes: its figures and its moods over time. */

import { summarise } from "../sentences/summary.js";

export class Overview {
  /** `figures`: Figures; `ribbon`: a MoodRibbon. */
  constructor({ figures, ribbon }) {
    Object.assign(this, { figures, ribbon });
  }

  show(records) {
    const summary = summarise(records);
    this.figures.show(summary);
    this.ribbon.show(records, summary);
  }
}
