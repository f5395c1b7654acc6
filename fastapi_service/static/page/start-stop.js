/** Start and Stop: a microphone is opened, what it hears goes into a live talk, and both end together. */

import { clock } from "../lib/time.js";
import { Capture, missingFeatures } from "../microphone/capture.js";
import { CaptureMender } from "../microphone/capture-mender.js";
import { LiveTalk } from "../talks/live-talk.js";
import { insecureHelp, microphoneProblem } from "./problem-banner.js";

const KEPT_S = 25; // of audio, that a page keeps while the server is away
const AT_ONCE = ["full", "unavailable", "forgotten"]; // problems that are shown at the first attempt already
/** Problems that are over when the connection is open. */
const RETRYING = ["away", "full", "unavailable", "restart", "idle", "tooFast"];

export class StartStop {
  /** {capture, mender, talk, silence}: what Stop ends; the talk is null while the microphone is being opened. */
  #running = null;
  #state = null; // of the newest talk's connection
  #microphoneChange = null; // the newest one
  #talks = []; // every live talk, the newest last

  /**
   * `button`: the TalkButton; `screen`: a ScreenAwake; `microphones`: the MicrophoneChoice; `list`: the TalkList; the
   * others are named as their classes. `talkOptions()`: what a new LiveTalk is made with, except for what is known here.
   */
  constructor({ button, banner, notices, meter, screen, microphones, settings, access, list, talkOptions }) {
    Object.assign(this, { button, banner, notices, meter, screen, microphones, settings, access, list, talkOptions });
  }

  /** Whether the microphone is open, or being opened. */
  get running() {
    return this.#running !== null;
  }

  /** Say at once what this browser or this address lacks for recording. */
  check() {
    const missing = missingFeatures();
    if (missing.length) this.banner.show("oldBrowser", { missing: missing.join(", ") });
    else if (!navigator.mediaDevices) this.banner.show("insecure", insecureHelp(location));
    this.button.enable(missing.length === 0);
  }

  /** The button was pressed. */
  toggle() {
    return this.#running ? this.#stop() : this.#start();
  }

  /** The page goes away, and may come back as it was: with a closed microphone. */
  leave() {
    this.#running?.capture.close(); // at once: what has to wait may never come
    if (this.#running) this.#stop();
  }

  /** The reader asks to try again now. */
  retryNow() {
    this.#talks.at(-1)?.retryNow();
  }

  /** The device has come online, or has gone offline. */
  setOnline(online) {
    for (const talk of this.#talks) {
      if (online) talk.retryNow();
      else talk.drop();
    }
  }

  /** Open the microphone that is chosen now. Several changes at once, as a reset makes them, open it only once. */
  async changeMicrophone() {
    const change = (this.#microphoneChange = {});
    await null;
    const mine = this.#running;
    if (change !== this.#microphoneChange || !mine?.talk) return;
    const fail = (error) => this.#lose(mine, microphoneProblem(error), error);
    await mine.capture.use(...this.#choice()).catch(fail);
  }

  async #start() {
    this.banner.clear();
    if (!navigator.mediaDevices) return this.banner.show("insecure", insecureHelp(location));
    const mine = this.#makeRunning();
    if (!mine) return;
    const { capture } = mine;
    this.button.show("asking");
    const known = this.access.prepare(); // it may have changed: another model may run by now
    if (!(await this.access.allowed())) return this.#lose(mine, "unauthorized");
    if (this.#running !== mine) return;
    try {
      await capture.start(...this.#choice());
    } catch (error) {
      if (this.#running === mine) return this.#lose(mine, microphoneProblem(error), error);
    }
    await known;
    if (this.#running !== mine) return capture.stop(); // Stop was pressed meanwhile: the microphone must not stay open
    this.#beginTalk(mine);
    mine.mender.start();
    this.microphones.refresh();
    this.screen.set(true);
    this.notices.showCapture(capture);
  }

  /** What a new talk runs with, or null where the browser gives no audio at all. */
  #makeRunning() {
    const mine = { talk: null, silence: null };
    try {
      mine.capture = new Capture({ onFrame: (pcm) => this.#hear(mine, pcm), onTrouble: () => mine.mender.look() });
    } catch (error) {
      this.banner.show(microphoneProblem(error), { message: error.message });
      return null;
    }
    mine.mender = new CaptureMender({
      capture: mine.capture,
      choice: () => this.#choice(),
      onSilence: (cause) => this.#showSilence(mine, cause),
      onGap: (ms) => mine.talk.note("microphone.gap", { time: clock(ms / 1000) }),
      onDevice: (name) => mine.talk.note("microphone.other", { name }),
      onLost: (error) => this.#lose(mine, microphoneProblem(error), error),
    });
    return (this.#running = mine);
  }

  /** What the reader wants to be heard with, as Capture takes it. */
  #choice() {
    return [this.microphones.chosen, this.settings.processing];
  }

  #beginTalk(mine) {
    const talk = new LiveTalk({
      ...this.talkOptions(),
      sampleRate: mine.capture.sampleRate,
      onState: (state) => this.#follow(talk, state),
      onHeld: (held) => this.notices.showHeld(held),
      onMessage: (message) => this.#heed(talk, message),
    });
    this.#talks.push(talk);
    this.#state = null;
    this.list.add(talk);
    this.list.spoken = mine.talk = talk; // only now: the figures are the earlier talk's until something settles in this one
    talk.connect();
  }

  #hear({ capture, mender, talk }, pcm) {
    mender.heard((pcm.length / capture.sampleRate) * 1000);
    this.meter.show(pcm, capture.sampleRate);
    talk?.push(pcm);
  }

  /** The microphone gives no sound (and why), or gives some again (null). */
  #showSilence(mine, cause) {
    mine.silence = cause;
    this.notices.showSilence(cause);
    if (cause) this.meter.reset();
    if (this.#running === mine && this.#state) this.#showState(mine.talk, this.#state);
  }

  /** Stop. The microphone's last frames go out before the talk is told that this was all. */
  async #stop() {
    const { capture, mender, talk } = this.#running;
    this.#running = this.list.spoken = null;
    mender.stop();
    this.screen.set(false);
    this.button.show(talk ? "finishing" : "idle");
    await capture.stop().catch((error) => console.warn("The microphone did not close:", error));
    this.meter.reset();
    talk?.stop();
  }

  /** The microphone or the right to speak is gone: stop, and say why. */
  async #lose(mine, problem, error) {
    if (this.#running !== mine) return;
    await this.#stop();
    this.banner.show(problem, { message: error?.message ?? "" });
  }

  /** The state of a talk's connection has changed. */
  #follow(talk, state) {
    if (state.name === "done" || state.name === "failed") this.list.end(talk);
    if (talk !== this.#talks.at(-1)) return;
    this.#state = state;
    this.#showProblem(state);
    const over = state.name === "failed" || state.name === "done"; // the server may end a talk that goes on here
    if (over && this.#running?.talk === talk) this.#stop().then(() => this.button.show(state.name));
    else this.#showState(talk, state);
  }

  /** A short break is only shown beside the button: a banner would flash by. */
  #showProblem({ name, reason, error, attempt }) {
    if (name === "open") this.banner.clear(RETRYING);
    if (name === "failed" || (name === "waiting" && (attempt > 1 || AT_ONCE.includes(reason)))) {
      this.banner.show(reason, { seconds: KEPT_S, origin: location.origin, message: error?.message ?? "" }, { retry: name === "waiting" });
    }
  }

  #showState(talk, { name, reason, retryInMs = null }) {
    const heard = this.#running?.talk === talk || this.#running?.talk === null;
    if (name === "waiting" && reason === "full") this.button.show("full", { listening: heard, retryInMs });
    else if (name === "open" && !heard) this.button.show("finishing");
    else if (name === "open" && this.#running.silence) this.button.show("unheard", { listening: true });
    else this.button.show(name, { listening: heard && name !== "done", retryInMs });
  }

  /** The server has sent a message that is about no sentence. */
  #heed(talk, message) {
    this.notices.showMessage(message);
    if (message.type !== "error" || message.code !== "session_over") return;
    if (this.#running?.talk === talk) this.#stop();
    this.banner.show("sessionOver");
  }
}
