/** Light or dark: which stylesheet counts. It is loaded before anything is drawn, in browsers that can wait for it. */

import { parseSettings } from "./settings.js";
import { browserStorage } from "../lib/storage.js";

/** `theme`: "system", "light" or "dark"; everything else means "system". */
export function applyTheme(theme = "system") {
  const system = theme !== "light" && theme !== "dark";
  for (const element of document.querySelectorAll("[data-scheme]")) {
    const { scheme } = element.dataset;
    element.media = system ? `(prefers-color-scheme: ${scheme})` : scheme === theme ? "all" : "not all";
  }
  document.querySelector("meta[name=color-scheme]").content = system ? "light dark" : theme;
}

applyTheme(parseSettings(browserStorage.recall("settings")).theme);
