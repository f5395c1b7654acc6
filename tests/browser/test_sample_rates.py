"""Sound cards at rates that the server does not take, and browsers that join no microphone of another rate."""

from __future__ import annotations

from pathlib import Path

from tests.browser.support.listener_page import OpenPage
from tests.browser.support.microphones import KEPT
from tests.browser.support.scripted_server import ScriptedServer

# As Firefox does: it may have a microphone at 44.1 kHz where its contexts have 48 kHz.
_PICKY = """
globalThis.joinedHz = 44_100;
const joined = AudioContext.prototype.createMediaStreamSource;
AudioContext.prototype.createMediaStreamSource = function (stream) {
  if (this.sampleRate !== joinedHz) throw new DOMException("different sample-rate", "NotSupportedError");
  return joined.call(this, stream);
};
"""


def test_a_sound_card_at_192_khz_is_heard_at_48(server: ScriptedServer, open_page: OpenPage, hum: Path) -> None:
    page = open_page(server.url, hum, rate_hz=192_000)
    page.toggle()
    visit = server.visit()
    visit.ready()
    visit.wait_audio(1)
    assert visit.start["sample_rate"] == 48_000 and any(visit.audio)


def test_the_talk_begins_at_the_rate_that_the_browser_joins(
    server: ScriptedServer, open_page: OpenPage, hum: Path
) -> None:
    page = open_page(server.url, hum, script=_PICKY)
    page.toggle()
    visit = server.visit()
    visit.ready()
    visit.wait_audio(1)
    assert visit.start["sample_rate"] == 44_100 and any(visit.audio)


def test_a_microphone_of_another_rate_is_refused_in_words_during_a_talk(
    server: ScriptedServer, open_page: OpenPage, hum: Path
) -> None:
    # Given a talk
    page = open_page(server.url, hum, script=_PICKY)
    page.toggle()
    server.visit().ready()
    page.page.wait_for_selector("#microphone option:has-text('Fake Audio Input 2')", state="attached")
    # When a microphone is chosen that the browser joins to another rate only
    page.page.evaluate("globalThis.joinedHz = 16_000")
    page.page.select_option("#microphone", label="Fake Audio Input 2")
    # Expect to be told what to do, and a new talk to use it
    page.wait_problem("otherRate")
    page.toggle()
    visit = server.visit()
    assert visit.start["sample_rate"] == 16_000


def test_a_microphone_of_another_rate_that_takes_the_place_of_a_lost_one_is_told(
    server: ScriptedServer, open_page: OpenPage, hum: Path
) -> None:
    # Given a talk
    page = open_page(server.url, hum, script=KEPT + _PICKY)
    page.toggle()
    visit = server.visit()
    visit.ready()
    visit.acknowledging = True
    visit.wait_audio(1)
    # When its microphone is unplugged, and what remains has another rate
    page.page.evaluate("() => { joinedHz = 16_000; track().stop(); track().dispatchEvent(new Event('ended')); }")
    # Expect to be told, and no microphone to stay open
    page.wait_problem("otherRate")
    page.page.wait_for_function("live() === 0")
