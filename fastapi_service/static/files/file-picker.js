/** How files come in: by a button, or dragged onto the page. They wait for one another. */

const KNOWN = new RegExp("\\.(wav|wave|mp3|flac|m4a|mp4|m4b|aac|ogg|oga|opus|webm|mka|mkv|mov|aif|aiff|caf|3gp|amr|" +
  "wma|wmv|asf|avi|ts|mts|m2ts|mpg|mpeg|flv|au|w64|wv)$", "i");

/** Why a file need not be sent: "empty", "notAudio" or "tooLarge"; null where it may be good. Pure. */
export function objection({ name, type, size }, mostBytes) {
  if (!/^(audio|video)\//.test(type) && !KNOWN.test(name)) return "notAudio";
  if (size === 0) return "empty";
  return size > mostBytes ? "tooLarge" : null;
}

export class FilePicker {
  #queue = Promise.resolve();
  #inside = 0; // how many elements, one within the other, a dragged file has entered and not left

  /** `makeTalk(file)` gives a FileTalk; `mostBytes()` a promise of the largest size that the server takes. */
  constructor({ buttons, input, overlay, makeTalk, mostBytes }) {
    Object.assign(this, { overlay, makeTalk, mostBytes });
    for (const button of buttons) button.addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      this.add([...input.files]);
      input.value = ""; // so that the same file can be chosen again
    });
    this.#takeDrops();
  }

  /** Make a talk of each File; those that cannot be good are refused at once. */
  async add(files) {
    const most = await this.mostBytes();
    for (const file of files) {
      const talk = this.makeTalk(file);
      const problem = objection(file, most);
      if (problem) talk.refuse(problem, { most: inWords(most) });
      else this.enqueue(talk);
    }
  }

  /** Run a talk when all those before it have ended. */
  enqueue(talk) {
    this.#queue = this.#queue.then(() => talk.run());
  }

  #takeDrops() {
    const withFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    const on = (name, act) => addEventListener(name, (event) => {
      if (!withFiles(event)) return;
      event.preventDefault(); // or else the browser opens the file instead of the page
      act(event);
    });
    on("dragenter", () => this.#show((this.#inside += 1)));
    on("dragleave", () => this.#show((this.#inside -= 1)));
    on("dragover", (event) => (event.dataTransfer.dropEffect = "copy"));
    on("drop", ({ dataTransfer }) => {
      this.#show((this.#inside = 0));
      this.add([...dataTransfer.files]);
    });
  }

  #show(inside) {
    this.overlay.hidden = inside <= 0;
  }
}

/** "2 GB": a size as file managers write it. */
function inWords(bytes) {
  const units = ["B", "kB", "MB", "GB"];
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${Number((bytes / 1000 ** step).toFixed(1))} ${units[step]}`;
}
