/** The choice of microphone: lists them, remembers the choice, follows what is plugged in and out. */

import { recall, remember } from "./storage.js";

const KEY = "microphone";

export class Microphones {
  /** `onChoice(deviceId)`: the reader chose another one. */
  constructor({ select, t, onChoice }) {
    Object.assign(this, { select, t });
    select.addEventListener("change", () => {
      remember(KEY, select.value);
      onChoice(select.value);
    });
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.refresh());
  }

  /** Device id, or "" for the system's default. */
  get chosen() {
    return this.select.value;
  }

  /** Names are known only once the microphone has been allowed: call again then. */
  async refresh() {
    const devices = (await navigator.mediaDevices?.enumerateDevices?.().catch(() => [])) ?? [];
    const inputs = devices.filter(({ kind, deviceId }) => kind === "audioinput" && deviceId && deviceId !== "default");
    const options = inputs.map(({ deviceId, label }, index) => {
      return new Option(label || this.t("microphone.numbered", { number: index + 1 }), deviceId);
    });
    const wanted = recall(KEY) ?? "";
    this.select.replaceChildren(new Option(this.t("microphone.default"), ""), ...options);
    this.select.value = options.some(({ value }) => value === wanted) ? wanted : "";
  }
}
