/** Asks the reader something before the page goes on. It is a <dialog>, with its keyboard ways. */

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
    // Nothing is submitted: the page's policy forbids it, and a key must not stand in an address.
    element.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#answer(input.hidden ? true : input.value.trim() || null);
    });
    no.addEventListener("click", () => this.#answer(null));
    // Escape was pressed. The browser says so a moment later, when the window may be open for the next question already.
    element.addEventListener("close", () => element.open || this.#answer(null));
  }

  /** Whether the reader agrees. `name`: of the texts `ask.{name}.title`, `.text` and `.yes`. */
  async confirm(name) {
    return (await this.#open(name, { secret: false })) === true;
  }

  /** A secret that the reader types, or null. `problem`: words about what they typed before. */
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
