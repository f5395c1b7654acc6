/** The level meter: shows that the microphone hears something, and says so when it hears nothing or too much. */

const FLOOR_DB = -60;
const SILENT_AFTER_S = 5;
const SILENT_PEAK = 8; // of 32767; no room is as quiet as that, only a muted device
const LOUD_PEAK = 32_700;
const LOUD_FRAMES = 4;

/** How loud a PCM16 frame is: `{level: 0..1 on a scale of decibels, peak: 0..32767}`. Pure. */
export function measure(pcm) {
  let sum = 0;
  let peak = 0;
  for (const sample of pcm) {
    sum += sample * sample;
    peak = Math.max(peak, Math.abs(sample));
  }
  const rms = Math.sqrt(sum / Math.max(1, pcm.length)) / 32768;
  const decibels = 20 * Math.log10(Math.max(rms, 1e-6));
  return { level: Math.max(0, Math.min(1, 1 - decibels / FLOOR_DB)), peak };
}

export class LevelMeter {
  #silentSeconds = 0;
  #loudFrames = 0;
  #level = 0;

  constructor({ element, halo, hint, t }) {
    Object.assign(this, { element, halo, hint, t });
    this.bar = element.querySelector(".meter-bar");
  }

  /** Show a frame's level (Int16Array). */
  show(pcm, rateHz) {
    const { level, peak } = measure(pcm);
    const seconds = pcm.length / rateHz;
    this.#silentSeconds = peak <= SILENT_PEAK ? this.#silentSeconds + seconds : 0;
    this.#loudFrames = peak >= LOUD_PEAK ? this.#loudFrames + 1 : Math.max(0, this.#loudFrames - 0.1);
    this.#draw(Math.max(level, this.#level * 0.7)); // rises at once, falls gently
    this.#hint();
  }

  reset() {
    this.#silentSeconds = this.#loudFrames = 0;
    this.#draw(0);
    this.hint.textContent = "";
  }

  #draw(level) {
    this.#level = level;
    this.bar.style.transform = `scaleX(${level.toFixed(3)})`;
    this.halo.style.transform = `scale(${(1 + level * 0.35).toFixed(3)})`;
    this.element.setAttribute("aria-valuenow", String(Math.round(level * 10) * 10));
  }

  #hint() {
    let words = "";
    if (this.#silentSeconds > SILENT_AFTER_S) words = this.t("meter.nothing");
    else if (this.#loudFrames > LOUD_FRAMES) words = this.t("meter.loud");
    if (this.hint.textContent !== words) this.hint.textContent = words;
  }
}
