/** The transcript of one talk: its cards in the order of seq, and notes between them. */

import { Card } from "./card.js";
import { icon, make } from "../lib/dom.js";

export class Transcript {
  #cards = new Map(); // seq -> Card

  /** `startedAt`: Date of the talk's beginning, shown above it where it has no `title`; `before`: a child of `parent`. */
  constructor({ parent, before = null, t, startedAt, locale, title }) {
    this.t = t;
    const time = startedAt.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });
    this.title = title ?? t("transcript.session", { time });
    this.list = make("ol", { class: "cards" });
    this.element = make("section", { class: "talk", "aria-label": this.title, tabindex: -1 },
      make("div", { class: "talk-head" }, make("h3", { class: "talk-title" }, this.title)), this.list);
    parent.insertBefore(this.element, before);
  }

  /** Show a record as it is now. One without words leaves no trace. */
  show(record) {
    const card = this.#cards.get(record.seq);
    if (record.state === "silent") {
      card?.element.remove();
      this.#cards.delete(record.seq);
    } else if (card) {
      card.update(record);
    } else {
      this.#insert(record.seq, new Card(record, this.t));
    }
  }

  /** A line about what happened here, after the newest card. */
  note(words) {
    this.list.append(make("li", { class: "note" }, words));
  }

  /** From now on the talk can be deleted from the server: `onDelete` is called when the reader wants that. */
  offerDelete(onDelete) {
    if (this.delete) return;
    const label = this.t("button.deleteLabel", { talk: this.title });
    this.delete = make("button", { type: "button", class: "quiet talk-delete", "aria-label": label }, icon("delete"),
      this.t("button.delete"));
    this.delete.addEventListener("click", onDelete);
    this.element.querySelector(".talk-head").append(this.delete);
  }

  /** Another name above it. */
  rename(title) {
    this.title = title;
    this.element.setAttribute("aria-label", title);
    this.element.querySelector(".talk-title").textContent = title;
    this.delete?.setAttribute("aria-label", this.t("button.deleteLabel", { talk: title }));
  }

  /** It is gone there. */
  deleted() {
    this.delete.remove();
    this.note(this.t("transcript.deleted"));
  }

  #insert(seq, card) {
    const later = [...this.#cards.keys()].filter((other) => other > seq);
    const next = later.length ? this.#cards.get(Math.min(...later)).element : null;
    this.list.insertBefore(card.element, next);
    this.#cards.set(seq, card);
  }
}
