"""Microphones and sound that a test can break, as browsers do."""

from __future__ import annotations

from tests.browser.support.listener_page import ListenerPage

KEPT = """
globalThis.opened = [];    // every stream that the page was given
globalThis.contexts = [];  // every AudioContext that it made
const media = navigator.mediaDevices;
const real = media.getUserMedia.bind(media);
globalThis.refuse = null;   // the name of the error that the next calls end with
globalThis.hold = null;     // a promise for which they wait
media.getUserMedia = async (wanted) => {
  globalThis.asked = wanted.audio;
  await globalThis.hold;
  const { deviceId } = wanted.audio;
  if (globalThis.gone && deviceId?.exact === globalThis.gone) throw new DOMException("gone", "NotFoundError");
  if (globalThis.refuse) throw new DOMException("no", globalThis.refuse);
  const stream = await real(wanted);
  opened.push(stream);
  return stream;
};
const RealContext = globalThis.AudioContext;
globalThis.AudioContext = class extends RealContext {
  constructor(options) { super(options); contexts.push(this); }
};
const RealNode = globalThis.AudioWorkletNode;
globalThis.nodes = [];     // every recorder of the page
globalThis.AudioWorkletNode = class extends RealNode {
  constructor(...given) { super(...given); nodes.push(this); }
};
globalThis.track = () => opened.at(-1).getAudioTracks()[0];
globalThis.live = () => opened.flatMap((each) => each.getTracks()).filter((each) => each.readyState === "live").length;
globalThis.told = [];    // what was said about missing sound
globalThis.states = [];  // of the talk
addEventListener("DOMContentLoaded", () => {
  const [words, state] = ["#unheard", "#state"].map((each) => document.querySelector(each));
  new MutationObserver(() => told.push(words.textContent)).observe(words, { childList: true });
  new MutationObserver(() => states.push(state.dataset.state)).observe(state, { attributeFilter: ["data-state"] });
});
/** What a browser does with the track of a device that was pulled: no page can do that by stop() alone. */
globalThis.pull = () => { const pulled = track(); pulled.stop(); pulled.dispatchEvent(new Event("ended")); };
"""
"""A script for before the page: it keeps what the page opens, and lets a test refuse, hold and pull it."""


def live_tracks(page: ListenerPage) -> int:
    return int(page.page.evaluate("live()"))


def wait_all_ended(page: ListenerPage, opened: int = 1) -> None:
    """Until the page was given that many streams, and none has a track that is live."""
    page.page.wait_for_function(f"opened.length >= {opened} && live() === 0")
