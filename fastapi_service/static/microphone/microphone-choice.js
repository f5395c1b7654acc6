/** The choice of microphone: lists them, remembers the choice, follows what is plugged in and out. */

import { browserStorage } from "../lib/storage.js";

const KEY = "microphone";

export class MicrophoneChoice {
  /** `selects`: where one can choose; all show the same. `onChoice(deviceId)`: the reader chose another one. */
  constructor({ selects, t, onChoice }) {
    Object.assign(this, { selects, t, onChoice });
    for (const select of selects) select.addEventListener("change", () => this.choose(select.value));
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.refresh());
  }

  /** Device id, or "" for the system's default. */
  get chosen() {
    return this.selects[0].value;
  }

  choose(deviceId) {
    if (deviceId) browserStorage.remember(KEY, deviceId);
    else browserStorage.forget(KEY);
    for (const select of this.selects) select.value = deviceId;
    this.onChoice(deviceId);
  }

  /** Names are known only once the microphone has been allowed: call again then. */
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
