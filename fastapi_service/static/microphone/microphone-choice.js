/** The choice of microphone. It lists the devices, remembers which was chosen, and follows what is plugged in and out. */

import { browserStorage } from "../lib/storage.js";

const KEY = "microphone";

export class MicrophoneChoice {
  /** `selects`: the places to choose in; all show the same. `onChoice(deviceId)`: the reader has chosen another device. */
  constructor({ selects, t, onChoice }) {
    Object.assign(this, { selects, t, onChoice });
    for (const select of selects) select.addEventListener("change", () => this.choose(select.value));
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.refresh());
  }

  /** The chosen device's id, or "" for the system's default. */
  get chosen() {
    return this.selects[0].value;
  }

  choose(deviceId) {
    if (deviceId) browserStorage.remember(KEY, deviceId);
    else browserStorage.forget(KEY);
    for (const select of this.selects) select.value = deviceId;
    this.onChoice(deviceId);
  }

  /** List the devices anew. Their names are known only after the reader has allowed the microphone. */
  async refresh() {
    const devices = (await navigator.mediaDevices?.enumerateDevices?.().catch(() => [])) ?? [];
    const inputs = devices.filter(({ kind, deviceId }) => kind === "audioinput" && deviceId && deviceId !== "default");
    const named = inputs.map(({ deviceId, label }, index) => {
      return [label || this.t("microphone.numbered", { number: index + 1 }), deviceId];
    });
    const wanted = browserStorage.recall(KEY) ?? "";
    for (const select of this.selects) {
      select.replaceChildren(...[[this.t("microphone.default"), ""], ...named].map((each) => new Option(...each)));
      select.value = inputs.some(({ deviceId }) => deviceId === wanted) ? wanted : "";
    }
  }
}
