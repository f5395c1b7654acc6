/** Keeps the newest words in view, unless the reader has scrolled away to read. */

const NEAR_PX = 120;

export class ScrollFollower {
  #following = true;
  #top = 0;

  constructor({ content, button }) {
    Object.assign(this, { content, button });
    addEventListener("scroll", () => this.#scrolled(), { passive: true });
    button.addEventListener("click", () => this.toEnd());
    new ResizeObserver(() => this.#grown()).observe(content);
  }

  toEnd() {
    this.#following = true;
    this.button.hidden = true;
    scrollTo({ top: document.documentElement.scrollHeight });
  }

  #scrolled() {
    const root = document.documentElement;
    const near = root.scrollHeight - root.clientHeight - root.scrollTop < NEAR_PX;
    const up = root.scrollTop < this.#top;
    this.#top = root.scrollTop;
    if (near) this.#following = true;
    else if (up) this.#following = false; // content that grows leaves the end behind as well, but never scrolls up
    if (near) this.button.hidden = true;
  }

  #grown() {
    if (!this.content.firstChild) return; // a page that was only just opened begins at its top
    if (this.#following) this.toEnd();
    else this.button.hidden = false;
  }
}
