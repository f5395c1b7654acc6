/** The transcript of one part of a talk: its cards, ordered by seq, and notes between them. */

import { Card } from "./card.js";
import { icon, make } from "../lib/dom.js";

export class Transcript {
  #cards = new Map(); // seq -> Card

  /** `title` stands above the cards. It is put into `parent`, in front of its child `before`, or at its end (null). */
  constructor({ parent, before = null, t, title }) {
    Object.assign(this, { t, title });
    this.list = make("ol", { class: "cards" });
    this.element = make("section", { class: "talk", "aria-label": title, tabindex: -1 },
      make("div", { class: "talk-head" }, make("h3", { class: "talk-title" }, title)), this.list);
    parent.insertBefore(this.element, before);
  }

  /** Show a record as it is now. A silent one has no card. */
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

  /** Add a line about what happened here, after the newest card. */
  note(words) {
    this.list.append(make("li", { class: "note" }, words));
  }

  /** Show the button that deletes it from the server. `onDelete()` is called when the reader presses that. */
  offerDelete(onDelete) {
    if (this.delete) return;
    const label = this.t("button.deleteLabel", { talk: this.title });
    this.delete = make("button", { type: "button", class: "quiet talk-delete", "aria-label": label }, icon("delete"),
      this.t("button.delete"));
    this.delete.addEventListener("click", onDelete);
    this.element.querySelector(".talk-head").append(this.delete);
  }

  /** Put another title above it. */
  rename(title) {
    this.title = title;
    this.element.setAttribute("aria-label", title);
    this.element.querySelector(".talk-title").textContent = title;
    this.delete?.setAttribute("aria-label", this.t("button.deleteLabel", { talk: title }));
  }

  /** Say that it was deleted on the server. */
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
