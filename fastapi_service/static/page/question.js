/** Asking the reader before going on: one window of the browser's own, with its keyboard ways. */

export class Question {
  #element;
  #words;
  #resolve = null;

  constructor({ element, t }) {
    this.#element = element;
    this.t = t;
    const [title, text, input, label, problem, yes, no] = ["title", "text", "input", "label", "problem", "yes", "no"]
      .map((name) => element.querySelector(`.ask-${name}`));
    this.#words = { title, text, input, label, problem, yes };
    // Nothing is submitted anywhere: the page's policy forbids it, and a key has no business in an address.
    element.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#answer(input.hidden ? true : input.value.trim() || null);
    });
    no.addEventListener("click", () => this.#answer(null));
    // Escape. The browser tells of it a moment later: by then the window may be open for the next question.
    element.addEventListener("close", () => element.open || this.#answer(null));
  }

  /** Whether the reader agrees. `name`: of the texts `ask.{name}.title`, `.text`, `.yes`. */
  async confirm(name) {
    return (await this.#open(name, { secret: false })) === true;
  }

  /** A secret the reader types, or null. `problem`: words about an earlier answer. */
  secret(name, problem = "") {
    return this.#open(name, { secret: true, problem });
  }

  #open(name, { secret, problem = "" }) {
    this.#answer(null);
    const { title, text, input, label, problem: complaint, yes } = this.#words;
    title.textContent = this.t(`ask.${name}.title`);
    text.textContent = this.t(`ask.${name}.text`);
    yes.textContent = this.t(`ask.${name}.yes`);
    label.hidden = input.hidden = !secret;
    input.required = secret;
    input.value = "";
    complaint.textContent = problem;
    this.#element.showModal();
    return new Promise((resolve) => (this.#resolve = resolve));
  }

  #answer(value) {
    const resolve = this.#resolve;
    this.#resolve = null;
    this.#words.input.value = "";
    if (this.#element.open) this.#element.close();
    resolve?.(value);
  }
}
