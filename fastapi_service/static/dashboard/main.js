/** Wires the dashboard: signing in, asking for the figures, and the orders about what was given up. */

import { LanguageSwitch } from "../page/language-switch.js";
import { Question } from "../page/question.js";
import { ENGLISH as PAGE_ENGLISH } from "../texts/en.js";
import { KOREAN as PAGE_KOREAN } from "../texts/ko.js";
import { DashboardApi } from "./dashboard-api.js";
import { Board, nameParts } from "./board.js";
import { timeOfDay } from "./format.js";
import { ENGLISH } from "./texts-en.js";
import { KOREAN } from "./texts-ko.js";

const EVERY_MS = 2000;
const TEXTS = { en: { ...PAGE_ENGLISH, ...ENGLISH }, ko: { ...PAGE_KOREAN, ...KOREAN } };
const MISSING = { stt_worker: "processes.stt_worker", analyzer_worker: "processes.analyzer_worker" };

const $ = (id) => document.getElementById(id);
const language = new LanguageSwitch({ button: $("language"), texts: TEXTS, onChange: redraw });
const { t } = language;

let latest = null; // the newest snapshot
let timer = null;
let asking = false;

const api = new DashboardApi(document.baseURI);
const question = new Question({ element: $("ask"), t });
const board = new Board({ element: $("board"), t, onRetry: retry, onDismiss: dismiss });

/** Show one part of the page: "closed" (no key is configured), "sign-in" or "board". */
function open(name) {
  for (const each of ["closed", "sign-in", "board"]) $(each).hidden = each !== name;
  $("sign-out").hidden = name !== "board";
  $("away").hidden = true;
  $("missing").hidden = name !== "board" || !latest?.missing.length;
}

async function look() {
  if (asking) return;
  asking = true;
  clearTimeout(timer);
  try {
    latest = await api.snapshot();
    show();
  } catch (error) {
    fail(error);
  }
  asking = false;
  if (!$("board").hidden || !$("away").hidden) timer = setTimeout(lookIfSeen, EVERY_MS);
}

/** Ask for the figures, unless nobody sees this tab. */
function lookIfSeen() {
  if (!document.hidden) look();
}

function show() {
  board.show(latest);
  open("board");
  $("missing").textContent = t("board.missing", { kinds: latest.missing.map((kind) => t(MISSING[kind])).join(", ") });
}

function fail(error) {
  const { status } = error;
  if (status === 404) return open("closed");
  if (status === 401) {
    const over = !$("board").hidden;
    api.forget();
    latest = null;
    open("sign-in");
    $("sign-in-problem").textContent = over ? t("signIn.over") : "";
    return $("key").focus();
  }
  if (status === undefined) console.error(error);
  $("away").textContent = latest ? t("board.away", { time: timeOfDay(latest.at_s, true) }) : t("board.awayYet");
  $("away").hidden = false;
}

async function signIn(event) {
  event.preventDefault(); // nothing is submitted: a key must not stand in an address
  const key = $("key").value.trim();
  if (!key) return;
  $("sign-in-problem").textContent = "";
  try {
    await api.signIn(key);
    $("key").value = "";
    await look();
    $("main").focus();
  } catch ({ status, retryAfterS }) {
    const problem = { 401: "signIn.wrong", 429: "signIn.often" }[status] ?? "signIn.away";
    $("sign-in-problem").textContent = t(problem, { seconds: retryAfterS });
    $("key").select();
  }
}

async function signOut() {
  await api.signOut();
  latest = null;
  board.clear();
  await look();
}

function retry(utteranceId) {
  return act(utteranceId, () => api.retry(utteranceId), "dead.retried");
}

async function dismiss(utteranceId) {
  if (await question.confirm("dismiss")) await act(utteranceId, () => api.dismiss(utteranceId), "dead.dismissed");
}

async function act(utteranceId, order, done) {
  const name = t("dead.name", nameParts(utteranceId));
  try {
    await order();
    say(done, name);
  } catch (error) {
    if (error.status === 401) return fail(error);
    say({ 404: "dead.notThere", 410: "dead.gone" }[error.status] ?? "dead.notDone", name);
  }
  await look();
  if (document.activeElement === document.body) $("dead-title").focus(); // the button was removed with its row
}

/** Say what became of an order: it is read out, and shown for a while. */
function say(key, name) {
  $("said").textContent = t(key, { name });
  $("said").className = "notice";
  setTimeout(() => ($("said").className = "hidden"), 8000);
}

/** The language has changed: what applyTexts does not find by its key is written anew. */
function redraw() {
  document.title = `${t("board.title")} – ${t("page.title")}`;
  board.clear();
  if (latest) show();
}

$("sign-in").addEventListener("submit", signIn);
$("sign-out").addEventListener("click", signOut);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && (latest || !$("away").hidden)) look();
});

language.apply();
await look();
document.documentElement.dataset.ready = "true";
