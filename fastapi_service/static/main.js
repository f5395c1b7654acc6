/** Wires the page: the only module with state of its own. */

import { Access } from "./server/access.js";
import { Announcer } from "./transcript/announcer.js";
import { Question } from "./page/question.js";
import { ScreenAwake } from "./microphone/screen-awake.js";
import { offerCertificate } from "./server/certificate.js";
import { Capture, missingFeatures } from "./microphone/capture.js";
import { TalkButton } from "./page/talk-button.js";
import { ScrollFollower } from "./transcript/scroll-follower.js";
import { LevelMeter } from "./microphone/level-meter.js";
import { MicrophoneChoice } from "./microphone/microphone-choice.js";
import { insecureHelp, microphoneProblem, ProblemBanner } from "./page/problem-banner.js";
import { MoodRibbon } from "./overview/mood-ribbon.js";
import { TalkList } from "./talks/talk-list.js";
import { Figures } from "./overview/figures.js";
import { SettingsPanel } from "./settings/settings-panel.js";
import { Settings, startFields, UNKNOWN_SPEECH } from "./settings/settings.js";
import { browserStorage } from "./lib/storage.js";
import { summarise } from "./sentences/summary.js";
import { LiveTalk } from "./talks/live-talk.js";
import { applyTexts, pickLanguage, translator } from "./texts/texts.js";
import { applyTheme } from "./settings/theme.js";
import { judged } from "./sentences/mood.js";

const KEPT_S = 25;
const AT_ONCE = ["full", "unavailable", "forgotten"];
const RETRYING = ["away", "full", "unavailable", "restart", "idle", "tooFast"];

const $ = (id) => document.getElementById(id);
let language = pickLanguage(browserStorage.recall("language"), navigator.languages);
const t = (key, values) => translator(language)(key, values);

let listening = null; // {capture, talk}: what the Stop button ends
let microphoneChange = null; // the newest
const talks = [];

const dock = new TalkButton({
  button: $("toggle"), word: $("toggle-word"), state: $("state"), stateWord: $("state-word"),
  stateMore: $("state-more"), elapsed: $("elapsed"), t,
});
const problems = new ProblemBanner({ element: $("problem"), t, onRetry: () => talks.at(-1)?.retryNow() });
const meter = new LevelMeter({ element: $("meter"), halo: $("halo"), hint: $("hint"), t });
const question = new Question({ element: $("ask"), t });
const access = new Access({ question, t, base: document.baseURI });
const settings = new Settings({ onChange: changeSetting });
const speech = () => access.speech ?? UNKNOWN_SPEECH;
const options = () => startFields(settings.values, speech());
const judge = (record) => Object.assign(record, judged(record, settings.values.unsure));
const microphones = new MicrophoneChoice({
  selects: [$("microphone"), $("settings-microphone")], t, onChoice: changeMicrophone,
});
const panel = new SettingsPanel({
  element: $("settings"), opener: $("settings-open"), settings, t, speech, isTalking: () => listening !== null,
  onOpen: () => access.prepare().then(() => panel.show()), onReset: () => microphones.choose(""),
});
const announcer = new Announcer({ element: $("announcer"), t });
const ribbon = new MoodRibbon({ svg: $("ribbon"), start: $("ribbon-start"), end: $("ribbon-end"), t });
const stats = new Figures({ element: $("stats"), t });
const awake = new ScreenAwake();
const follow = new ScrollFollower({ content: $("talks"), button: $("latest") });
const shelf = new TalkList({
  $, t, locale: () => language, access, question, problems, announcer, follow, live: () => listening?.talk, judge, options,
  onChange: showSummary,
});

async function start() {
  problems.clear();
  if (!navigator.mediaDevices) return problems.show("insecure", insecureHelp(location));
  dock.show("asking");
  const capture = new Capture({
    onFrame: (pcm) => hear(mine, pcm),
    onEnded: () => lose(mine, "unplugged"),
  });
  const mine = { capture, talk: null };
  listening = mine;
  const known = access.prepare(); // another model may run by now
  if (!(await access.allowed())) return lose(mine, "unauthorized");
  if (listening !== mine) return;
  try {
    await capture.start(microphones.chosen, settings.processing);
  } catch (error) {
    if (listening === mine) return lose(mine, microphoneProblem(error), error);
  }
  await known;
  if (listening !== mine) return capture.stop(); // Stop was pressed meanwhile: the microphone must not stay open
  mine.talk = beginTalk(capture.sampleRate);
  microphones.refresh();
  awake.set(true);
  $("rate").textContent = t("server.rate", { rate: capture.sampleRate / 1000 });
  document.documentElement.dataset.capture = capture.kind;
}

function beginTalk(sampleRate) {
  const address = new URL("ws/audio", document.baseURI);
  address.protocol = address.protocol.replace("http", "ws");
  const talk = new LiveTalk({
    page: shelf.page(), url: address.href, sampleRate, credential: () => access.token(), options: options(),
    onChange: showChange, onState: showState, onHeld: showHeld, onMessage: showServer,
  });
  talks.push(talk);
  shelf.add(talk);
  follow.toEnd();
  showSummary();
  talk.connect();
  return talk;
}

function hear({ capture, talk }, pcm) {
  meter.show(pcm, capture.sampleRate);
  talk?.push(pcm);
}

/** The microphone's last frames go out before the talk is told that this was all. */
async function stop() {
  const { capture, talk } = listening;
  listening = null;
  awake.set(false);
  dock.show(talk ? "finishing" : "idle");
  await capture.stop().catch((error) => console.warn("The microphone did not close:", error));
  meter.reset();
  talk?.stop();
}

async function lose(mine, problem, error) {
  if (listening !== mine) return;
  await stop();
  problems.show(problem, { message: error?.message ?? "" });
}

function changeSetting(name) {
  panel.changed(name);
  if (name === "theme") applyTheme(settings.values.theme);
  if (["echo", "noise", "gain"].includes(name)) changeMicrophone();
  if (name !== "unsure") return;
  shelf.rejudge();
}

/** Several changes at once, as a reset makes them, open it once. */
async function changeMicrophone() {
  const change = (microphoneChange = {});
  await null;
  const mine = listening;
  if (change !== microphoneChange) return;
  if (!mine?.talk) return;
  await mine.capture.use(microphones.chosen, settings.processing).catch((error) => lose(mine, microphoneProblem(error), error));
}

function showState(talk, { name, reason, error, attempt, retryInMs = null }) {
  if (name === "done" || name === "failed") shelf.end(talk);
  if (talk !== talks.at(-1)) return;
  const heard = listening?.talk === talk || listening?.talk === null;
  if (name === "open") problems.clear(RETRYING);
  // A short break is only a word in the dock; a banner would flash by.
  if (name === "failed" || (name === "waiting" && (attempt > 1 || AT_ONCE.includes(reason)))) {
    problems.show(reason, { seconds: KEPT_S, message: error?.message ?? "" }, { retry: name === "waiting" });
  }
  if (name === "failed" && listening?.talk === talk) stop().then(() => dock.show("failed"));
  else if (name === "waiting" && reason === "full") dock.show("full", { listening: heard, retryInMs });
  else if (name === "open" && !heard) dock.show("finishing");
  else dock.show(name, { listening: heard && name !== "done", retryInMs });
}

function showChange(talk, records) {
  for (const record of records) announcer.announce(record);
  shelf.update(talk, records);
  if (records.some(({ state }) => state !== "speaking" && state !== "waiting") && talk === shelf.current) showSummary();
}

function showSummary() {
  const records = shelf.current?.records ?? [];
  const summary = summarise(records);
  stats.show(summary);
  ribbon.show(records, summary);
}

function showHeld(talk, { full, seconds }) {
  $("held").hidden = !full;
  $("held").textContent = full ? t("held.full", { seconds: Math.round(seconds) }) : "";
}

function showServer(talk, message) {
  if (message.type === "ready") {
    const { stt, sentiment } = message.models;
    $("models").textContent = stt || sentiment ? t("server.models", { stt: stt ?? "–", sentiment: sentiment ?? "–" }) : "";
  }
  if (message.type === "error" && message.code === "session_over") {
    if (listening?.talk === talk) stop();
    problems.show("sessionOver");
  }
  if (message.type === "status") {
    const seconds = Math.round(message.queue_seconds);
    $("behind").hidden = message.level === "ok" || seconds < 1;
    $("behind").textContent = t("server.behind", { seconds });
  }
}

function showLanguage() {
  document.documentElement.lang = language;
  $("language").lang = language === "ko" ? "en" : "ko";
  applyTexts(document, t);
  document.title = t("page.title");
  dock.redraw();
  microphones.refresh();
  panel.show();
  shelf.redraw();
  showSummary();
}

$("toggle").addEventListener("click", () => (listening ? stop() : start()));
$("language").addEventListener("click", () => {
  language = language === "ko" ? "en" : "ko";
  browserStorage.remember("language", language);
  showLanguage();
});
addEventListener("offline", () => talks.forEach((talk) => talk.drop()));
addEventListener("online", () => talks.forEach((talk) => talk.retryNow()));

showLanguage();
const missing = missingFeatures();
if (missing.length) problems.show("oldBrowser", { missing: missing.join(", ") });
else if (!navigator.mediaDevices) problems.show("insecure", insecureHelp(location));
$("toggle").disabled = missing.length > 0;
offerCertificate($("certificate"), location);
await access.prepare();
await shelf.restore();
document.documentElement.dataset.ready = "true";
