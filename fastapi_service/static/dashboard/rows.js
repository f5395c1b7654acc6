/** The rows of a table, which are renewed in place: focus and selection stay while the figures change. */

import { make } from "../lib/dom.js";

export class Rows {
  #rows = new Map();

  /**
   * `body`: a tbody. `key(item)` tells items apart; `cells(item)` gives the cells of a row, each a text or `{text, title,
   * class}`; `after(item)`, where given, gives the content of one more cell, which is made once.
   */
  constructor({ body, key, cells, after = null }) {
    Object.assign(this, { body, key, cells, after });
    this.table = body.closest(".table");
    this.none = this.table.parentElement.querySelector(".none");
  }

  show(items) {
    const keys = new Set(items.map(this.key));
    for (const [key, { row }] of this.#rows) {
      if (keys.has(key)) continue;
      row.remove();
      this.#rows.delete(key);
    }
    items.forEach((item, place) => {
      const row = this.#row(item);
      if (this.body.children[place] !== row) this.body.insertBefore(row, this.body.children[place] ?? null);
    });
    this.table.hidden = items.length === 0;
    if (this.none) this.none.hidden = items.length > 0;
  }

  /** Remove all rows, so that they are made anew. */
  clear() {
    this.body.replaceChildren();
    this.#rows.clear();
  }

  #row(item) {
    const cells = this.cells(item).map((cell) => (typeof cell === "string" ? { text: cell } : cell));
    const key = this.key(item);
    if (!this.#rows.has(key)) this.#rows.set(key, this.#made(item, cells));
    const { row, places } = this.#rows.get(key);
    cells.forEach(({ text, title }, index) => {
      if (places[index].textContent !== text) places[index].textContent = text;
      if (title) places[index].title = title;
    });
    return row;
  }

  #made(item, cells) {
    const places = cells.map((cell, index) => make(index ? "td" : "th", { class: cell.class, scope: index ? null : "row" }));
    const row = make("tr", {}, ...places);
    if (this.after) row.append(make("td", { class: "after" }, ...this.after(item)));
    return { row, places };
  }
}
