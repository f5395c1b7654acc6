/** Audio that the server has not acknowledged. It is kept for a resume, and is never more than the server's window. */

const SILENCE = new Int16Array(4_096); // shared by all frames of silence

export class UnackedAudio {
  #lostUntil = 0; // before this, what is not acknowledged is silence in place of audio that the server has lost
  #frames = []; // {start, pcm}, without gaps; start is a sample index at the microphone's rate
  #next = 0; // index in #frames of the first frame that this connection has not sent

  constructor(limitSamples) {
    this.limitSamples = limitSamples;
    this.acked = 0;
    this.end = 0;
  }

  /** How many samples from the microphone are kept. */
  get samples() {
    return this.end - Math.max(this.acked, this.#lostUntil);
  }

  get allSent() {
    return this.#next === this.#frames.length;
  }

  /** Keep a frame (Int16Array). Returns false when the window is full: then the frame is not kept. */
  push(pcm) {
    if (this.samples + pcm.length > this.limitSamples) return false;
    this.#frames.push({ start: this.end, pcm });
    this.end += pcm.length;
    return true;
  }

  /** The server has everything before `sample`: forget that. */
  acknowledge(sample) {
    if (sample <= this.acked || sample > this.end) return;
    const firstKept = this.#frames.findIndex((frame) => frame.start + frame.pcm.length > sample);
    const gone = firstKept === -1 ? this.#frames.length : firstKept;
    this.#frames.splice(0, gone);
    this.#next = Math.max(0, this.#next - gone);
    this.acked = sample;
  }

  /** Another session begins, which knows nothing yet and wants `sample` next: what is kept is numbered from there. */
  restartFrom(sample) {
    this.#frames = this.#frames.filter(({ start }) => start >= this.#lostUntil);
    this.#lostUntil = 0;
    this.#renumber(sample);
    this.#next = 0;
  }

  /**
   * The session goes on, and the server wants `sample` next. Returns how many samples it has lost although it had
   * acknowledged them: they are no longer kept, and silence is sent in their place, so that what follows stays where
   * it was said.
   */
  resumeFrom(sample) {
    const keptFrom = this.#frames[0]?.start ?? this.acked;
    const lost = Math.max(0, keptFrom - sample);
    if (lost > 0) {
      this.#lostUntil = Math.max(this.#lostUntil, keptFrom);
      this.#frames = [...silence(lost), ...this.#frames];
      this.#renumber(sample);
    }
    this.acknowledge(sample);
    const first = this.#frames[0];
    if (first && first.start < sample && sample <= this.end) {
      first.pcm = first.pcm.subarray(sample - first.start);
      first.start = sample;
    }
    this.#renumber(sample);
    this.#next = 0;
    return lost;
  }

  /** The next frame to send (Int16Array), or null when the server wants no more now. */
  next() {
    const frame = this.#frames[this.#next];
    if (!frame || frame.start + frame.pcm.length - this.acked > this.limitSamples) return null;
    this.#next += 1;
    return frame.pcm;
  }

  #renumber(start) {
    this.acked = start;
    this.end = start;
    for (const frame of this.#frames) {
      frame.start = this.end;
      this.end += frame.pcm.length;
    }
  }
}

function* silence(samples) {
  for (let left = samples; left > 0; left -= SILENCE.length) {
    yield { start: 0, pcm: left < SILENCE.length ? SILENCE.subarray(0, left) : SILENCE };
  }
}
