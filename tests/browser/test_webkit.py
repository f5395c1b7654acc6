"""The page in WebKitGTK, the nearest to Safari that Debian has. Its microphone is one that beeps."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.support import webkit
from tests.browser.support.files import SENTENCES, spoken
from tests.browser.support.scripted_server import ScriptedServer
from tests.browser.support.webkit import WebKit
from tests.support.require import binary
from tests.support.stack import Stack

_HISTORY = """(async () => {
  const { TalkStore } = await import("/static/history/talk-store.js");
  const store = new TalkStore();
  const talk = { id: "s1", startedAt: 1, name: "kept" };
  await store.put(talk, [{ seq: 1, text: "Before." }]);
  await store.put(talk, [{ seq: 2, text: "After." }]);
  return (await store.load("s1")).records.map(({ text }) => text).join(" ");
})()"""


_STATE = "document.querySelector('#state').dataset.state"
_CARDS = "[...document.querySelectorAll('.card')].map((card) => card.innerText).join(' | ')"
_OPEN_TRACKS = "opened.flatMap((each) => each.getTracks()).filter((each) => each.readyState === 'live').length"
_KEEP_STREAMS = """(() => {
  globalThis.opened = [];
  const media = navigator.mediaDevices;
  const real = media.getUserMedia.bind(media);
  media.getUserMedia = async (wanted) => { const stream = await real(wanted); opened.push(stream); return stream; };
})()"""
_CHOOSE_A_FILE = """(() => {
  const bytes = Uint8Array.from(atob("CONTENT"), (each) => each.charCodeAt(0));
  const chosen = new DataTransfer();
  chosen.items.add(new File([bytes], "talk.mp3", { type: "audio/mpeg" }));
  const input = document.querySelector("#file-input");
  input.files = chosen.files;
  input.dispatchEvent(new Event("change"));
})()"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebKit]:
    driver, screen = binary("WebKitWebDriver", webkit.DRIVER_HINT), binary("Xvfb", webkit.SCREEN_HINT)
    with webkit.running(driver, screen, tmp_path_factory.mktemp("webkit")) as browser:
        yield browser


def test_the_page_runs_in_webkit(browser: WebKit, server: ScriptedServer) -> None:
    # When the page is opened, expect its modules to run, without a complaint
    browser.open(server.url)
    assert browser.evaluate("document.querySelector('#toggle').innerText.trim()") == "Start"
    assert browser.evaluate("document.querySelector('#problem').hidden")
    # Expect the settings to open
    browser.evaluate("document.querySelector('#settings-open').click()")
    browser.wait("document.querySelector('#settings').open")
    assert browser.evaluate("document.querySelector('#settings-history').value") == "30"
    # Expect the history to be kept
    assert browser.evaluate(_HISTORY) == "Before. After."


def test_somebody_speaks_in_webkit(browser: WebKit, server: ScriptedServer) -> None:
    # Given a page that listens
    browser.open(server.url)
    browser.evaluate(_KEEP_STREAMS)
    browser.click("#toggle")
    visit = server.visit()
    visit.ready()
    visit.acknowledging = True
    visit.wait_audio(2)
    browser.wait(f"{_STATE} === 'open'")
    assert any(visit.audio) and visit.start["sample_rate"] in {44_100, 48_000}
    # When the server has heard a sentence, expect it on the page with its feeling
    visit.utterance(1, "What a day.", "POSITIVE")
    browser.wait(f"{_CARDS}.includes('What a day.') && {_CARDS}.includes('Positive')")
    # When Stop is pressed, expect the rest to come, and the microphone to be closed
    browser.click("#toggle")
    visit.wait_text("stop")
    visit.done()
    browser.wait(f"{_STATE} === 'done'")
    assert browser.evaluate(_OPEN_TRACKS) == 0


def test_a_file_becomes_sentences_with_feelings_in_webkit(browser: WebKit, stack: Stack, tmp_path: Path) -> None:
    content = base64.b64encode(spoken(tmp_path, *SENTENCES, name="talk.mp3").read_bytes()).decode()
    browser.open(stack.http_url)
    browser.evaluate(_CHOOSE_A_FILE.replace("CONTENT", content))
    browser.wait("document.querySelector('.file[data-state=done]')")
    words = browser.evaluate(_CARDS).lower()
    assert "music" in words and "train" in words and "river" in words
    assert browser.evaluate("document.querySelectorAll('#ribbon rect').length") == 3
