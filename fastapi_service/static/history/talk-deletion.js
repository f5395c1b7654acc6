/** Deletes talks on the server and in the history, after a question. Those that stand on the page stay, and say so. */

export class TalkDeletion {
  /** `list`: the TalkList; `saver`: the TalkSaver; `access`: asks the server; `banner`: says where that failed. */
  constructor({ list, saver, access, question, banner }) {
    Object.assign(this, { list, saver, access, question, banner });
  }

  /** Delete a part that stands on the page. */
  async deletePart(part) {
    if (!(await this.question.confirm("delete"))) return;
    if (!(await this.access.delete(part.session))) return this.banner.show("notDeleted");
    await this.#forget(part);
  }

  /**
   * Delete talks of the history; `name` is that of the question which is asked first. If the server does not answer,
   * another question asks whether to delete them here alone. Returns whether they are gone here.
   */
  async deleteTalks(name, talks) {
    if (!(await this.question.confirm(name))) return false;
    const left = [];
    for (const talk of talks) {
      if (await this.access.delete({ sessionId: talk.id, resumeToken: talk.resumeToken })) await this.#drop(talk);
      else left.push(talk);
    }
    if (left.length === 0) return true;
    if (!(await this.question.confirm("deleteHere"))) return false;
    for (const talk of left) await this.#drop(talk);
    return true;
  }

  async #drop({ id }) {
    const part = this.list.partOf(id);
    if (part) await this.#forget(part);
    else await this.saver.drop(id);
  }

  async #forget(part) {
    await this.saver.forget(part);
    part.deleted();
  }
}
