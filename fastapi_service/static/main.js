/** Wires the page: makes its parts, and says which of them hears of what. */

import { ExportPanel } from "./export/export-panel.js";
import { copy } from "./export/save.js";
import { TranscriptExport } from "./export/transcript-export.js";
import { FilePicker } from "./files/file-picker.js";
import { FilesApi } from "./files/files-api.js";
import { FilesInWork } from "./files/files-in-work.js";
import { HistoryActions } from "./history/history-actions.js";
import { HistoryPanel } from "./history/history-panel.js";
import { TalkDeletion } from "./history/talk-deletion.js";
import { TalkSaver } from "./history/talk-saver.js";
import { TalkStore } from "./history/talk-store.js";
import { LevelMeter } from "./microphone/level-meter.js";
import { MicrophoneChoice } from "./microphone/microphone-choice.js";
import { ScreenAwake } from "./microphone/screen-awake.js";
import { Figures } from "./overview/figures.js";
import { MoodRibbon } from "./overview/mood-ribbon.js";
import { Overview } from "./overview/overview.js";
import { CaptionsLink } from "./page/captions-link.js";
import { LanguageSwitch } from "./page/language-switch.js";
import { Notices } from "./page/notices.js";
import { ProblemBanner } from "./page/problem-banner.js";
import { Question } from "./page/question.js";
import { StartStop } from "./page/start-stop.js";
import { TalkButton } from "./page/talk-button.js";
import { judged } from "./sentences/mood.js";
import { Access } from "./server/access.js";
import { offerCertificate } from "./server/certificate.js";
import { audioUrl } from "./server/connection.js";
import { SettingsPanel } from "./settings/settings-panel.js";
import { Settings, startFields, UNKNOWN_SPEECH } from "./settings/settings.js";
import { applyTheme } from "./settings/theme.js";
import { TalkList } from "./talks/talk-list.js";
import { languageName } from "./texts/language-name.js";
import { Announcer } from "./transcript/announcer.js";
import { ScrollFollower } from "./transcript/scroll-follower.js";

const $ = (id) => document.getElementById(id);
const base = document.baseURI;
const language = new LanguageSwitch({ button: $("language"), onChange: redraw });
const { t } = language;
const locale = () => language.current;

// The frame, and what is asked of the server.
const question = new Question({ element: $("ask"), t });
const access = new Access({ question, t, base });
const button = new TalkButton({
  button: $("toggle"), word: $("toggle-word"), state: $("state"), stateWord: $("state-word"), stateMore: $("state-more"),
  elapsed: $("elapsed"), t,
});
const banner = new ProblemBanner({ element: $("problem"), t, onRetry: () => startStop.retryNow() });
const notices = new Notices({
  held: $("held"), unheard: $("unheard"), unkept: $("unkept"), behind: $("behind"), models: $("models"), rate: $("rate"), t,
});

// What the reader has chosen.
const settings = new Settings({ onChange: changeSetting });
const speech = () => access.speech ?? UNKNOWN_SPEECH;
const options = () => startFields(settings.values, speech());
const microphones = new MicrophoneChoice({
  selects: [$("microphone"), $("settings-microphone")], t, onChoice: () => startStop.changeMicrophone(),
});
const settingsPanel = new SettingsPanel({
  element: $("settings"), opener: $("settings-open"), settings, t, speech, isTalking: () => startStop.running,
  onOpen: () => access.prepare().then(() => settingsPanel.show()), onReset: () => microphones.choose(""),
});

// Talks, and what is made of them.
const judge = (record) => Object.assign(record, judged(record, settings.values.unsure));
const list = new TalkList({ element: $("talks"), empty: $("empty"), t, locale, judge });
const announcer = new Announcer({ element: $("announcer"), t });
const follower = new ScrollFollower({ content: $("talks"), button: $("latest") });
const overview = new Overview({
  figures: new Figures({ element: $("stats"), t, nameOf: (code) => languageName(code, locale()) }),
  ribbon: new MoodRibbon({ svg: $("ribbon"), start: $("ribbon-start"), end: $("ribbon-end"), t }),
});
const exporter = new TranscriptExport({
  list, panel: new ExportPanel({ element: $("export"), t }), t,
  saveButton: $("save"), copyButton: $("copy"), copyWord: $("copy-word"),
});
const startStop = new StartStop({
  button, banner, notices, meter: new LevelMeter({ element: $("meter"), halo: $("halo"), hint: $("hint"), t }),
  screen: new ScreenAwake(), microphones, settings, access, list,
  talkOptions: () => ({
    page: list.page(), url: audioUrl(base), options: options(), credential: () => access.token(), announcer,
  }),
});
new CaptionsLink({
  element: $("captions"), opener: $("captions-open"), access, copy, t, base,
  session: () => list.spoken?.parts.findLast(({ session }) => session)?.session ?? null,
});

// Files.
const files = new FilesInWork({
  list, api: new FilesApi({ access, base }), options, announcer, opener: $("open-file"),
});
new FilePicker({
  buttons: [$("open-file"), $("empty-file")], input: $("file-input"), overlay: $("drop"),
  makeTalk: (file) => files.add(file),
  mostBytes: async () => (await access.config()).max_file_bytes ?? Infinity, // a server that is away says it later
});

// The history.
const store = new TalkStore({ onReopened: () => saver.saveAgain() });
const saver = new TalkSaver({ store, onKept: (problem) => notices.showKept(problem) });
const deletion = new TalkDeletion({ list, saver, access, question, banner });
const history = new HistoryActions({ list, store, saver, access, files, exporter, t, locale });
const historyPanel = new HistoryPanel({
  element: $("history"), t, locale, store, saver, actions: history, deletion,
  retentionS: async () => (await access.config()).retention_s, days: () => settings.values.historyDays,
});

// What happens, and who hears of it.
const on = (name, listener) => list.addEventListener(name, ({ detail }) => listener(detail ?? {}));
on("add", () => follower.toEnd());
on("update", ({ part, records }) => saver.save(part, records));
on("change", () => {
  exporter.offer();
  showOverview();
});
on("end", ({ part }) => saver.end(part));
on("remove", ({ talk }) => saver.forget(talk.part));
on("delete", ({ part }) => deletion.deletePart(part));
$("toggle").addEventListener("click", () => startStop.toggle());
$("history-open").addEventListener("click", () => removeOldTalks().then(() => historyPanel.open()));
addEventListener("pagehide", () => startStop.leave());
addEventListener("offline", () => startStop.setOnline(false));
addEventListener("online", () => startStop.setOnline(true));

function showOverview() {
  overview.show(list.current?.records ?? []);
}

function changeSetting(name) {
  settingsPanel.changed(name);
  if (name === "theme") applyTheme(settings.values.theme);
  if (["echo", "noise", "gain"].includes(name)) startStop.changeMicrophone();
  if (name === "unsure") list.rejudge();
  if (name === "historyDays") removeOldTalks();
}

/** Talks that go on here stay, however long ago they began. A browser that keeps nothing has none that are old. */
async function removeOldTalks() {
  const { historyDays: days } = settings.values;
  const going = list.parts.filter(({ ended, session }) => !ended && session).map(({ session }) => session.sessionId);
  if (days) await store.removeOlder(Date.now() - days * 86_400_000, going).catch(() => {});
}

/** The language has changed: what applyTexts does not find by its key is written anew. */
function redraw() {
  document.title = t("page.title");
  button.redraw();
  microphones.refresh();
  settingsPanel.show();
  files.redraw();
  showOverview();
}

language.apply();
startStop.check();
offerCertificate($("certificate"), location);
await access.prepare();
await removeOldTalks();
await history.restore();
document.documentElement.dataset.ready = "true";
