"""No sound comes although the page listens: it says so, mends it, and says what was not heard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.support.accessibility import violations
from tests.browser.support.listener_page import ListenerPage, OpenPage
from tests.browser.support.microphones import KEPT, live_tracks, wait_all_ended
from tests.browser.support.scripted_server import ScriptedServer, Visit

_SOUNDLESS = "#unheard:not([hidden]):not(:empty)"


@pytest.fixture
def talk(server: ScriptedServer, open_page: OpenPage, hum: Path) -> tuple[ListenerPage, Visit]:
    """A page that listens, and is heard."""
    return begin(server, open_page(server.url, hum, script=KEPT, bypass_csp=True))


def begin(server: ScriptedServer, page: ListenerPage) -> tuple[ListenerPage, Visit]:
    page.toggle()
    visit = server.visit()
    visit.ready()
    visit.acknowledging = True
    visit.wait_audio(0.3)
    page.wait_state("open")
    return page, visit


def expect_told(page: ListenerPage, *words: str) -> None:
    """Words may have been there for a moment only: the mending is quick."""
    page.page.wait_for_function("(words) => told.some((each) => words.every((word) => each.includes(word)))", arg=words)
    page.page.wait_for_function("states.includes('unheard')")
    assert page.page.get_attribute("#unheard", "role") == "alert"
    assert page.page.inner_text("#toggle") == "Stop"


def expect_heard_again(page: ListenerPage, visit: Visit) -> None:
    page.wait_state("open", 40)
    assert page.page.is_hidden("#unheard")
    visit.wait_audio(visit.samples / visit.rate_hz + 0.3)
    assert live_tracks(page) == 1, "one microphone, and not the old ones too"
    assert page.complaints == []


def test_audio_that_the_device_stops_goes_on(talk: tuple[ListenerPage, Visit]) -> None:
    page, visit = talk
    # Given a browser that does not let audio run, as iOS during a phone call
    page.page.evaluate("""() => {
      globalThis.resume = AudioContext.prototype.resume;
      AudioContext.prototype.resume = () => Promise.reject(new DOMException("interrupted", "InvalidStateError"));
      contexts[0].suspend();
    }""")
    expect_told(page, "stopped the sound")
    page.page.wait_for_selector(_SOUNDLESS)
    assert violations(page) == []
    # When the call is over, expect the page to listen again, and the gap in the transcript
    page.page.evaluate("() => { AudioContext.prototype.resume = globalThis.resume; }")
    expect_heard_again(page, visit)
    page.page.wait_for_selector(".note:has-text('no sound came')")


def test_audio_that_stands_still_is_made_anew(talk: tuple[ListenerPage, Visit]) -> None:
    # Given an AudioContext that says it runs, and stands still
    page, visit = talk
    page.page.evaluate("""() => {
      Object.defineProperty(contexts[0], "state", { get: () => "running" });
      contexts[0].resume = async () => {};
      return contexts[0].suspend();
    }""")
    # Expect words, and another one at the same rate
    expect_told(page, "No sound comes")
    expect_heard_again(page, visit)
    rates = page.page.evaluate("contexts.map((each) => [each.sampleRate, each.state])")
    assert len({rate for rate, _ in rates}) == 1 and rates[-1][1] == "running"


def test_a_processor_that_stops_is_made_anew(talk: tuple[ListenerPage, Visit]) -> None:
    # When the audio thread calls the processor no more, and says so
    page, visit = talk
    page.page.evaluate("""() => {
      nodes[0].port.postMessage("stop");
      nodes[0].dispatchEvent(new Event("processorerror"));
    }""")
    # Expect another one
    page.page.wait_for_function("nodes.length === 2")
    expect_heard_again(page, visit)
    # When it says nothing, expect words, and another one
    page.page.evaluate("told.length = states.length = 0")
    page.page.evaluate("nodes[1].port.postMessage('stop')")
    expect_told(page, "No sound comes")
    page.page.wait_for_function("nodes.length > 2")
    expect_heard_again(page, visit)


def test_a_muted_microphone_is_told_and_goes_on_by_itself(talk: tuple[ListenerPage, Visit]) -> None:
    # When the system mutes the microphone: it gives silence then
    page, visit = talk
    mute = """(on) => {
      Object.defineProperty(track(), "muted", { configurable: true, get: () => on });
      track().dispatchEvent(new Event(on ? "mute" : "unmute"));
    }"""
    page.page.evaluate(mute, True)
    expect_told(page, "muted the microphone")
    page.page.evaluate(mute, False)
    expect_heard_again(page, visit)
    page.page.wait_for_selector(".note:has-text('no sound came')")


def test_a_headset_that_is_pulled_is_followed_by_the_default_microphone(
    server: ScriptedServer, open_page: OpenPage, hum: Path
) -> None:
    # Given a talk with a chosen microphone
    page = open_page(server.url, hum, script=KEPT, bypass_csp=True)
    page, visit = begin(server, page)
    chosen = page.page.locator("#microphone option").last.get_attribute("value")
    page.page.select_option("#microphone", chosen)
    page.page.wait_for_function("asked.deviceId?.exact && live() === 1 && opened.length === 2")
    page.page.wait_for_timeout(700)  # it is known by its name after a look
    # When it is pulled, expect the default one, by its name, and one session
    page.page.evaluate("(id) => { globalThis.gone = id; pull(); }", chosen)
    page.page.wait_for_selector(".note:has-text('Another microphone is open')")
    expect_heard_again(page, visit)
    assert server.visits.empty() and page.page.is_hidden("#problem")


def test_without_any_microphone_the_page_waits_for_one_and_then_ends_in_order(
    server: ScriptedServer, open_page: OpenPage, hum: Path
) -> None:
    page = open_page(server.url, hum, script=KEPT, bypass_csp=True)
    page.page.clock.install()
    page, visit = begin(server, page)
    # When the only microphone is pulled and comes back, expect the talk to go on
    page.page.evaluate("globalThis.refuse = 'NotFoundError'; pull()")
    page.page.clock.run_for(4_000)
    expect_told(page, "is gone", "looks for it")
    page.page.evaluate("globalThis.refuse = null; navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
    page.page.wait_for_function("live() === 1")
    page.page.clock.run_for(1_000)
    expect_heard_again(page, visit)
    # When it stays away for a minute, expect an orderly end
    page.page.evaluate("globalThis.refuse = 'NotFoundError'; pull()")
    page.page.clock.run_for(63_000)
    assert "went away" in page.wait_problem("unplugged")
    visit.wait_text("stop")
    wait_all_ended(page, 2)


def test_a_permission_that_is_taken_away_ends_the_talk(talk: tuple[ListenerPage, Visit]) -> None:
    page, visit = talk
    page.page.evaluate("globalThis.refuse = 'NotAllowedError'; pull()")
    assert "not allowed" in page.wait_problem("denied")
    visit.wait_text("stop")
    wait_all_ended(page)


def in_page(page: ListenerPage, body: str) -> Any:
    return page.page.evaluate(f"async () => {{ const m = await import('/static/microphone/sound-watch.js'); {body} }}")


def test_sleep_is_told_from_a_page_that_was_busy(server: ScriptedServer, open_page: OpenPage, hum: Path) -> None:
    # Given ten minutes in which no timer runs: the device slept, or the page was busy and its sound has queued up
    body = """
      const run = (queued) => {
        const watch = new m.SoundWatch(0);
        let now = 0;
        const gaps = [];
        const look = (ms) => { now += ms; gaps.push(watch.look(now)); };
        for (let n = 0; n < 10; n += 1) { watch.heard(500); look(500); }
        look(600_000);
        watch.heard(queued);
        const quiet = watch.quiet;
        for (let n = 0; n < 10; n += 1) { watch.heard(500); look(500); }
        return [quiet, gaps.filter((ms) => ms > 0)];
      };
      return [run(0), run(600_000)];
    """
    # Expect the sleep to be a gap of its length, the work to be none, and neither to be an alarm
    assert in_page(open_page(server.url, hum), body) == [[False, [600_000]], [False, []]]


def test_a_device_that_slept_says_what_was_not_heard(server: ScriptedServer, open_page: OpenPage, hum: Path) -> None:
    page = open_page(server.url, hum, script=KEPT, bypass_csp=True)
    page.page.clock.install()
    page, visit = begin(server, page)
    # When the clock jumps by ten minutes without a timer
    page.page.clock.run_for(500)
    page.page.clock.fast_forward(600_000)
    for _ in range(4):
        visit.wait_audio(visit.samples / visit.rate_hz + 0.3)
        page.page.clock.run_for(500)
    # Expect the gap in the transcript, and a page that listens
    page.page.wait_for_selector(".note:has-text('For 10:0')")
    expect_heard_again(page, visit)
