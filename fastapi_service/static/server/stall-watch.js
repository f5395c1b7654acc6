/** Notices that a line is dead although nobody said so: nothing leaves and nothing comes. */

const READY_TIMEOUT_MS = 10_000;
const STALL_TIMEOUT_MS = 15_000;
const KEEPALIVE_MS = 15_000;

export class StallWatch {
  #movedAt = 0; // when something last came, or left the browser's buffer
  #sentAt = 0;
  #buffered = 0; // bytes

  /** A connection begins. */
  begin() {
    this.#buffered = 0;
    this.received();
  }

  received() {
    this.#movedAt = Date.now();
  }

  sent() {
    this.#sentAt = Date.now();
  }

  /** Look at a WebSocket once a second: "dead", "silent" (the server wants a sign of life), or null. */
  look({ bufferedAmount }, ready) {
    const now = Date.now();
    if (ready && (bufferedAmount < this.#buffered || bufferedAmount === 0)) this.#movedAt = now;
    this.#buffered = bufferedAmount;
    if (now - this.#movedAt > (ready ? STALL_TIMEOUT_MS : READY_TIMEOUT_MS)) return "dead";
    return ready && now - this.#sentAt > KEEPALIVE_MS ? "silent" : null;
  }
}
