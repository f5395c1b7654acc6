/** Shows the server's figures. */

import { icon, make, makeSvg } from "../lib/dom.js";
import { MOODS } from "../sentences/mood.js";
import { clock } from "../lib/time.js";
import { Columns, counted } from "./columns.js";
import { duration, megabytes, timeOfDay } from "./format.js";
import { Rows } from "./rows.js";

const SHORT = 8; // characters of a session's id
const BAR_WIDTH = 100;

/** `{session, seq}` of an utterance's id, for texts; the session's id is shortened. */
export function nameParts(utteranceId) {
  const [session, seq] = utteranceId.split(":");
  return { session: session.slice(0, SHORT), seq };
}

export class Board {
  #charts;
  #rows;
  #figures;
  #shares;

  /** `onRetry(utteranceId)`, `onDismiss(utteranceId)`: the buttons beside an utterance that was given up. */
  constructor({ element, t, onRetry, onDismiss }) {
    Object.assign(this, { element, t, onRetry, onDismiss });
    const $ = (id) => element.querySelector(`#${id}`);
    this.$ = $;
    this.#figures = Object.fromEntries([...element.querySelectorAll("[data-figure]")].map((each) => [each.dataset.figure, each]));
    this.#charts = Object.fromEntries(["utterances", "audio", "mood"].map((id) => [id, new Columns($(id))]));
    this.#shares = new Map(MOODS.map((mood) => [mood, this.#share(mood)]));
    this.#rows = this.#tables();
  }

  /** `snapshot`: see fastapi_service/dashboard/snapshot.py. */
  show(snapshot) {
    this.#showNow(snapshot);
    this.#showThroughput(snapshot.minutes);
    this.#showMoods(snapshot.minutes);
    this.$("latency-of").textContent = this.t("latency.of", { results: snapshot.steps.at(-1).results });
    this.$("dead-count").textContent = snapshot.dead > snapshot.dead_utterances.length
      ? this.t("dead.count", { count: snapshot.dead, listed: snapshot.dead_utterances.length }) : "";
    const slowest = Math.max(1, ...snapshot.steps.map(({ p95_ms: ms }) => ms ?? 0));
    this.#rows.latency.show(snapshot.steps);
    for (const { step, p50_ms: p50, p95_ms: p95 } of snapshot.steps) this.#drawStep(step, p50 ?? 0, p95 ?? 0, slowest);
    for (const name of ["dead", "sessions", "errors", "processes"]) {
      this.#rows[name].show(name === "dead" ? snapshot.dead_utterances : snapshot[name]);
    }
  }

  /** Remove all rows: their words are written once, and the language has changed. */
  clear() {
    for (const rows of Object.values(this.#rows)) rows.clear();
  }

  #showNow(s) {
    const total = s.steps.at(-1);
    const shown = {
      live: String(s.live), longest: s.live ? this.t("now.longest", { time: clock(s.longest_s) }) : "",
      queue: `${s.queue_seconds} s`, queueLimit: this.t("now.queueLimit", { seconds: s.queue_limit_seconds }),
      utterances: String(s.utterances_per_minute), audio: `${s.audio_seconds_per_minute} s`,
      total: duration(total.p50_ms), totalP95: total.results ? this.t("now.p95", { time: duration(total.p95_ms) }) : "",
      memory: megabytes(s.memory_bytes),
      memoryLimit: s.memory_limit_bytes
        ? this.t("now.memoryLimit", {
          percent: Math.round((100 * s.memory_bytes) / s.memory_limit_bytes), limit: megabytes(s.memory_limit_bytes),
        })
        : this.t("now.memoryNoLimit"),
    };
    for (const [name, text] of Object.entries(shown)) this.#figures[name].textContent = text;
    this.$("at").textContent = this.t("board.at", { time: timeOfDay(s.at_s, true) });
  }

  #showThroughput(minutes) {
    const sum = (field) => minutes.reduce((all, minute) => all + minute[field], 0);
    const most = (field) => Math.max(...minutes.map((minute) => minute[field]));
    const counts = minutes.map(({ done, failed }) => [{ value: done, kind: "done" }, { value: failed, kind: "failed" }]);
    const top = this.#charts.utterances.show(counts, minutes.map(({ begins_s: begins, done, failed }) =>
      this.t("throughput.minute", { time: timeOfDay(begins), done, failed })));
    this.$("utterances-most").textContent = this.t("chart.most", { value: top });
    this.$("utterances").setAttribute("aria-label", this.t("throughput.label", {
      sum: sum("done"), failed: sum("failed"), most: most("done"),
    }));
    const audio = minutes.map(({ audio_s: value }) => [{ value, kind: "done" }]);
    const topS = this.#charts.audio.show(audio, minutes.map(({ begins_s: begins, audio_s: seconds }) =>
      this.t("audio.minute", { time: timeOfDay(begins), seconds: Math.round(seconds) })));
    this.$("audio-most").textContent = this.t("chart.most", { value: topS });
    this.$("audio").setAttribute("aria-label", this.t("audio.label", {
      sum: Math.round(sum("audio_s")), most: Math.round(most("audio_s")),
    }));
  }

  #showMoods(minutes) {
    const inWords = ({ POSITIVE = 0, NEUTRAL = 0, NEGATIVE = 0 }) => {
      return { positive: POSITIVE, neutral: NEUTRAL, negative: NEGATIVE };
    };
    const count = (mood) => minutes.reduce((sum, { labels }) => sum + (labels[mood] ?? 0), 0);
    const all = Object.fromEntries(MOODS.map((mood) => [mood, count(mood)]));
    const [, , rated] = counted(all);
    for (const [mood, { bar, value }] of this.#shares) {
      bar.style.transform = `scaleX(${rated ? all[mood] / rated : 0})`;
      value.textContent = rated ? `${Math.round((100 * all[mood]) / rated)} %` : "–";
    }
    this.#charts.mood.showMoods(minutes, minutes.map(({ begins_s: begins, labels }) =>
      this.t("mood.minute", { time: timeOfDay(begins), ...inWords(labels) })));
    this.$("mood").setAttribute("aria-label", this.t("mood.label", inWords(all)));
  }

  #share(mood) {
    const bar = make("span", { class: "share-bar" });
    const value = make("span", { class: "share-value" }, "–");
    this.$("shares").append(make("li", { class: "share", "data-mood": mood },
      icon(mood.toLowerCase()), make("span", { class: "share-name", "data-text": `mood.${mood}` }, this.t(`mood.${mood}`)),
      make("span", { class: "share-track" }, bar), value));
    return { bar, value };
  }

  #tables() {
    const number = (text) => ({ text, class: "number" });
    const rows = (id, parts) => new Rows({ body: this.$(id), ...parts });
    return {
      latency: rows("latency", {
        key: ({ step }) => step,
        cells: ({ step, p50_ms: p50, p95_ms: p95 }) => [
          this.t(`latency.${step}`), number(duration(p50)), number(duration(p95)),
        ],
        after: ({ step }) => [makeSvg("svg", {
          class: "step-bar", "data-step": step, viewBox: `0 0 ${BAR_WIDTH} 10`, preserveAspectRatio: "none",
          "aria-hidden": "true",
        })],
      }),
      dead: rows("dead", {
        key: (dead) => `${dead.utterance_id} ${dead.retryable}`,
        cells: (dead) => [
          this.t("dead.ago", { time: clock(dead.since_s) }),
          { text: this.t("dead.name", nameParts(dead.utterance_id)), title: dead.utterance_id },
          { text: this.t(`dead.${dead.stage}`), class: "roomy" },
          { text: `${dead.audio_s.toFixed(1)} s`, class: "number roomy" },
          dead.reason ?? "–",
        ],
        after: (dead) => this.#orders(dead),
      }),
      sessions: rows("sessions", {
        key: ({ session_id: id }) => id,
        cells: (session) => [
          { text: session.session_id.slice(0, SHORT), title: session.session_id },
          number(clock(session.since_s)),
          number(String(session.utterances)),
        ],
      }),
      errors: rows("errors", {
        key: ({ code }) => code,
        cells: ({ code, count, last_minute_s: last }) => [this.#error(code), number(String(count)), number(timeOfDay(last))],
      }),
      processes: rows("processes", {
        key: ({ kind, owner }) => `${kind} ${owner}`,
        cells: ({ kind, owner, model }) => [this.t(`processes.${kind}`), owner, model ?? "–"],
      }),
    };
  }

  #drawStep(step, p50, p95, slowest) {
    const bar = (kind, ms) => {
      return makeSvg("rect", { class: `step-${kind}`, x: 0, y: 1, width: (BAR_WIDTH * ms) / slowest, height: 8 });
    };
    this.element.querySelector(`[data-step=${step}]`).replaceChildren(bar("p95", p95), bar("p50", p50));
  }

  #orders({ utterance_id: id, retryable }) {
    const name = this.t("dead.name", nameParts(id));
    const order = (what, action) => {
      const attributes = { type: "button", class: "quiet order", "aria-label": this.t(`dead.${what}Label`, { name }) };
      const button = make("button", attributes, this.t(`dead.${what}`));
      button.addEventListener("click", () => action(id));
      return button;
    };
    const first = retryable ? order("retry", this.onRetry) : make("span", { class: "fine" }, this.t("dead.noAudio"));
    return [first, order("dismiss", this.onDismiss)];
  }

  /** Words for an error's code: "full", or "audio:ValueError", which names the step that failed and the exception. */
  #error(code) {
    const [name, kind = ""] = code.split(":");
    const words = this.t(`error.${name}`, { kind });
    return words === `error.${name}` ? code : words;
  }
}
