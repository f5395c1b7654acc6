/** The window with the read-only link to the talk that is being spoken. */

export class CaptionsLink {
  #session = null;
  #made = null; // {sessionId, address} of the newest link: making another would end it

  /** `element`: the dialog; `session()`: `{sessionId, resumeToken}` of the current talk, or null; `copy(text)`. */
  constructor({ element, opener, session, access, copy, t, base }) {
    Object.assign(this, { element, session, access, copy, t, base });
    for (const name of ["address", "note", "copy", "end"]) this[`${name}Element`] = element.querySelector(`.captions-${name}`);
    opener.addEventListener("click", () => this.#open());
    element.querySelector(".sheet-close").addEventListener("click", () => element.close());
    this.copyElement.addEventListener("click", () => this.#copyAddress());
    this.endElement.addEventListener("click", () => this.#end());
  }

  async #open() {
    this.#session = this.session();
    this.#show("", this.#session ? "" : "captions.noTalk");
    this.element.showModal();
    if (!this.#session) return;
    const address = await this.#address(this.#session);
    this.#show(address, address ? "" : "captions.notShared");
  }

  async #address(session) {
    if (this.#made?.sessionId !== session.sessionId) {
      const link = await this.access.share(session);
      if (!link) return "";
      this.#made = { sessionId: session.sessionId, address: new URL(link.path, this.base).href };
    }
    return this.#made.address;
  }

  async #copyAddress() {
    const copied = await this.copy(this.addressElement.value);
    this.noteElement.textContent = this.t(copied ? "button.copied" : "button.copyFailed");
  }

  async #end() {
    const ended = await this.access.unshare(this.#session);
    if (ended) this.#made = null;
    this.#show(ended ? "" : this.addressElement.value, ended ? "captions.taken" : "captions.notShared");
  }

  #show(address, note) {
    this.addressElement.value = address;
    this.copyElement.disabled = this.endElement.disabled = !address;
    this.noteElement.textContent = note && this.t(note);
  }
}
