"""The page in a real Firefox: the main path with the whole system, and the page's own side with a scripted server."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.support import firefox
from tests.browser.support.firefox import FIREFOX_HINT, SOUND_HINT, Firefox
from tests.browser.support.scripted_server import ScriptedServer
from tests.support.require import binary
from tests.support.speech import espeak, word_error_rate
from tests.support.stack import Stack
from tests.support.wait import wait_until

_SENTENCE = "The yellow bananas and the green apples are lying on the kitchen table."
_ANSWER_S = 90.0
# Firefox takes no WAV for a microphone: this plays one into the stream that the page is given.
_MICROPHONE = """() => {
  const wav = Uint8Array.from(atob("WAV"), (c) => c.charCodeAt(0)).buffer;
  if (!navigator.mediaDevices) return; // the empty page before ours
  navigator.mediaDevices.getUserMedia = async () => {
    const context = new AudioContext();
    const [source, target] = [context.createBufferSource(), context.createMediaStreamDestination()];
    source.buffer = await context.decodeAudioData(wav.slice());
    source.connect(target);
    source.start();
    return target.stream;
  };
}"""


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Firefox]:
    program, sound = binary("firefox-esr", FIREFOX_HINT), binary("pulseaudio", SOUND_HINT)
    with (
        firefox.sound_card(sound, tmp_path / "sound") as card,
        firefox.running(program, tmp_path / "profile", card) as browser,
    ):
        yield browser


def settled(browser: Firefox) -> str:
    return str(
        browser.evaluate(
            "[...document.querySelectorAll('.card[data-state=settled] .card-text')].map((e) => e.innerText).join(' ')"
        )
    )


def test_a_talk_in_firefox(browser: Firefox, server: ScriptedServer) -> None:
    # Given the page with Firefox's own microphone, which hears a tone
    browser.open(server.url)
    assert browser.evaluate("document.querySelector('#toggle').innerText") == "Start"

    # When somebody presses Start
    browser.click("#toggle")
    visit = server.visit()
    visit.ready()
    visit.acknowledging = True
    visit.wait_audio(1)

    # Expect its sound at the sound card's own rate, in frames of the protocol
    rate = browser.evaluate("new AudioContext().sampleRate")
    assert visit.start == {"type": "start", "encoding": "pcm16", "sample_rate": rate}
    assert browser.evaluate("document.documentElement.dataset.capture") == "worklet"
    assert all(0.02 * rate <= samples <= 0.1 * rate for samples in visit.frame_samples) and any(visit.audio)

    # Expect what the server says to be shown, live and settled
    visit.say("speech_started", utterance_id="s1:1", seq=1, at=1.0)
    visit.say("partial", utterance_id="s1:1", seq=1, text="Good mor", stable_chars=4)
    browser.wait("document.querySelector('.card .solid').innerText === 'Good'")
    visit.utterance(1, "Good morning.", "POSITIVE", 0.9)
    browser.wait("document.querySelector('.card[data-mood=POSITIVE]') !== null")
    assert settled(browser) == "Good morning."

    # Expect it to survive a break, to end in order and to be taken along
    visit.close(1012)
    again = server.visit()
    assert again.start["resume_token"] == "token-s1"
    again.ready(next_sample=visit.samples)
    again.wait_audio(0.5)
    browser.click("#toggle")
    again.wait_text("stop")
    again.done()
    browser.wait("document.querySelector('#state').dataset.state === 'done'")
    browser.click("#save")
    browser.wait("document.querySelector('#export').open")
    browser.click("#export [type=submit]")
    saved = wait_until(lambda: [f for f in browser.downloads.glob("talk *.txt") if f.stat().st_size], 20, "no file")
    assert "[0:03] Good morning. (Positive 90 %)" in saved[0].read_text(encoding="utf-8")
    assert browser.complaints == []


def test_settings_in_firefox(browser: Firefox, server: ScriptedServer) -> None:
    # When somebody changes the theme and asks for words
    browser.open(server.url)
    browser.click("#settings-open")
    browser.wait("document.querySelector('#settings').open")
    browser.click("[name=theme][value=dark]")
    browser.wait("getComputedStyle(document.body).backgroundColor === 'rgb(20, 23, 28)'")
    browser.click("#settings-words")
    browser.click("#settings-done")
    browser.wait("!document.querySelector('#settings').open")
    # Expect both to hold after the page was loaded again
    browser.open(server.url)
    assert json.loads(browser.evaluate("localStorage.getItem('wta.settings')")) == {"words": True, "theme": "dark"}
    browser.click("#toggle")
    assert server.visit().start["words"] is True
    assert browser.complaints == []


def test_spoken_words_appear_in_firefox(browser: Firefox, stack: Stack, tmp_path: Path) -> None:
    # Given a Firefox whose microphone hears a sentence
    wav = espeak(_SENTENCE, tmp_path / "sentence.wav")
    browser.before_each_page(_MICROPHONE.replace("WAV", base64.b64encode(wav.read_bytes()).decode()))
    browser.open(stack.http_url)
    # When somebody speaks and stops
    browser.click("#toggle")
    words = len(_SENTENCE.split())
    wait_until(lambda: len(settled(browser).split()) >= words - 1, _ANSWER_S, "the words did not appear")
    browser.click("#toggle")
    browser.wait("document.querySelector('#state').dataset.state === 'done'", _ANSWER_S)
    # Expect the words with their mood
    assert word_error_rate([_SENTENCE], [settled(browser)]) <= 20
    assert browser.evaluate("document.querySelectorAll('.card[data-mood]').length") >= 1
    assert browser.complaints == []
