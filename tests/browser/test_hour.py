"""An hour of talk, fast: what the page holds grows with the sentences, and by nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.support.listener_page import OpenPage
from tests.browser.support.scripted_server import ScriptedServer
from tests.support.wait import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

_SENTENCE_S = 4
_A_MINUTE = 60 // _SENTENCE_S
_PARTIALS = 3
_WORDS = ["This", "is", "what", "somebody", "says", "in", "four", "seconds", "of", "an", "ordinary", "talk"]
_MOODS = ("POSITIVE", "NEUTRAL", "NEGATIVE")

# A minute of the page's clock is a moment of the socket's: what it could not send by then is no dead line.
_IN_A_MOMENT = "Object.defineProperty(WebSocket.prototype, 'bufferedAmount', { get: () => 0 });"


# The microphone's sound keeps the real time: the page would rightly say of each such minute that it heard nothing.
_NO_WATCH = """() => {
  const started = globalThis.setInterval;
  globalThis.setInterval = (act, ms) => (ms === 500 ? 0 : started(act, ms));
}"""


@dataclass(frozen=True)
class Held:
    """What the page holds after a garbage collection."""

    heap: float
    """Bytes of JavaScript."""
    nodes: float
    """DOM nodes, in the document or not."""
    attached: int
    listeners: float

    @classmethod
    def of(cls, page: Page, cdp: CDPSession) -> Held:
        for _ in range(2):  # what the first one lets go, the second collects
            cdp.send("HeapProfiler.collectGarbage")
        figures = {each["name"]: each["value"] for each in cdp.send("Performance.getMetrics")["metrics"]}
        attached = page.evaluate("""() => {
          const walker = document.createTreeWalker(document, NodeFilter.SHOW_ALL);
          let count = 1;
          while (walker.nextNode()) count += 1;
          return count;
        }""")
        return cls(figures["JSHeapUsedSize"], figures["Nodes"], attached, figures["JSEventListeners"])


def sentence(seq: int) -> list[dict[str, object]]:
    """What the server says of one sentence, from its first sound to its mood."""
    named = {"utterance_id": f"s1:{seq}", "seq": seq}
    start = seq * float(_SENTENCE_S)
    texts = [" ".join(_WORDS[: 3 * (count + 1)]) for count in range(_PARTIALS)]
    timings = {"captured": start, "cut": start + 0.4, "stt_start": start + 0.41, "stt_end": start + 0.5}
    words = [{"word": word, "start": start, "end": start + 0.2} for word in _WORDS]
    label = _MOODS[seq % 3]
    return [
        {"type": "speech_started", **named, "at": start},
        *({"type": "partial", **named, "text": text, "stable_chars": len(text) // 2} for text in texts),
        {"type": "speech_ended", **named, "at": start + 3},
        {"type": "final", **named, "start": start, "end": start + 3, "text": f"{' '.join(_WORDS)} {seq}.",
         "event_id": f"{seq}-1", "model": "tiny.en", "timings": timings, "words": words},
        {"type": "sentiment", **named, "label": label, "score": 0.9, "scores": {label: 0.9}, "model": "m",
         "event_id": f"{seq}-2"},
    ]  # fmt: skip


def kept(page: Page) -> int:
    """Sentences that the history has written down: an hour in half a minute is faster than the disk."""
    count: int = page.evaluate("""() => new Promise((resolve, reject) => {
      const opening = indexedDB.open("wta");
      opening.onerror = () => reject(opening.error);
      opening.onsuccess = () => {
        const counting = opening.result.transaction("records").objectStore("records").count();
        counting.onsuccess = () => (opening.result.close(), resolve(counting.result));
      };
    })""")
    return count


def test_an_hour_leaves_its_sentences_and_nothing_else(server: ScriptedServer, open_page: OpenPage, hum: Path) -> None:
    # Given a talk on a page whose clock the test turns
    page = open_page(server.url, hum, script=_IN_A_MOMENT)
    page.page.clock.install()  # the hour passes for the page's timers too
    page.page.evaluate(_NO_WATCH)
    page.toggle()
    visit = server.visit()
    visit.ready()
    visit.acknowledging = True
    page.wait_state("open")
    cdp = page.page.context.new_cdp_session(page.page)
    cdp.send("Performance.enable")
    cdp.send("HeapProfiler.enable")

    # When an hour of sentences comes, a minute at a time
    held: dict[int, Held] = {}
    for minute in range(1, 61):
        first = (minute - 1) * _A_MINUTE
        visit.say_all([message for n in range(_A_MINUTE) for message in sentence(first + n + 1)])
        newest = page.page.locator(f".card[data-seq='{minute * _A_MINUTE}'][data-mood]")
        wait_until(lambda card=newest: card.count() == 1, 60, "it lags")
        page.page.clock.run_for(60_000)
        if minute % 15 == 0:
            wait_until(lambda most=minute * _A_MINUTE: kept(page.page) == most, 60, "the history lags")
            held[minute // 15] = Held.of(page.page, cdp)

    # Expect so much for each sentence, and no more
    assert page.settled.count() == 60 * _A_MINUTE
    grown = {name: [getattr(held[n + 1], name) - getattr(held[n], name) for n in (1, 2, 3)] for name in vars(held[1])}
    per_sentence = {name: max(steps) / (15 * _A_MINUTE) for name, steps in grown.items()}
    assert per_sentence["attached"] < 50, per_sentence
    # The browser's own parts of <details> and <use> count among `nodes`; what was thrown away must not.
    assert per_sentence["nodes"] - per_sentence["attached"] < 40, per_sentence
    assert per_sentence["heap"] < 20_000, per_sentence
    assert per_sentence["listeners"] < 3, per_sentence
    # Expect each quarter to cost what the one before did: no list is kept twice
    assert grown["heap"][2] < 2 * max(grown["heap"][0], 1_000_000), grown
    assert page.page.inner_text("#ribbon-end") == "1:00:03"
    assert page.complaints == []
