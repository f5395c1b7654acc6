/** Wires the captions page: /captions/{session}#{token of the link}. What follows # never leaves the browser unasked. */

import { Captions } from "./captions.js";
import { applyLook } from "./look.js";
import { SessionFollower } from "../server/session-follower.js";
import { pickLanguage, translator } from "../texts/texts.js";

const language = pickLanguage(null, navigator.languages);
const t = translator(language);
const state = document.getElementById("state");
const captions = new Captions({ words: document.getElementById("words") });

document.documentElement.lang = language;
document.title = t("captions.pageTitle");
applyLook(document.documentElement, location.search);
addEventListener("hashchange", () => location.reload()); // another link was pasted into the same tab

await new SessionFollower({
  base: new URL("../", location.href),
  sessionId: location.pathname.split("/").findLast(Boolean),
  token: location.hash.slice(1),
  onMessage: (message) => captions.apply(message),
  onState: (now) => (state.textContent = now === "following" ? "" : t(`captions.${now}`)),
}).run();
