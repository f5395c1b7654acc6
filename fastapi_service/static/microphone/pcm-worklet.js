/** Runs on the audio thread. It gathers the microphone's samples into frames and hands them over without copying. */

class FrameCollector extends AudioWorkletProcessor {
  constructor({ processorOptions }) {
    super();
    this.frameSamples = processorOptions.frameSamples;
    this.frame = new Float32Array(this.frameSamples);
    this.filled = 0;
    this.running = true;
    this.port.onmessage = ({ data }) => {
      if (data === "stop") this.stop();
    };
  }

  /** Called by the browser with one channel's newest samples (128 at present). False ends the processor. */
  process([input]) {
    const samples = input[0];
    if (this.running && samples) this.collect(samples);
    return this.running;
  }

  collect(samples) {
    for (let taken = 0; taken < samples.length; ) {
      const part = samples.subarray(taken, taken + this.frameSamples - this.filled);
      this.frame.set(part, this.filled);
      this.filled += part.length;
      taken += part.length;
      if (this.filled === this.frameSamples) this.handOver();
    }
  }

  handOver() {
    const frame = this.frame.subarray(0, this.filled);
    this.port.postMessage(frame, [frame.buffer]);
    this.frame = new Float32Array(this.frameSamples);
    this.filled = 0;
  }

  /** Hand over the last samples, too, and then null, which says that this was all. */
  stop() {
    if (!this.running) return;
    this.running = false;
    if (this.filled > 0) this.handOver();
    this.port.postMessage(null);
  }
}

registerProcessor("frame-collector", FrameCollector);
