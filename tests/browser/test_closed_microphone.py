"""After Stop no microphone is open, however the talk ends and whatever is under way then: all tracks have ended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.support.listener_page import ListenerPage, OpenPage
from tests.browser.support.microphones import KEPT, live_tracks, wait_all_ended
from tests.browser.support.scripted_server import ScriptedServer, Visit

_HOLD = "(() => { globalThis.hold = new Promise((resolve) => { globalThis.release = resolve; }); })()"
_HIDE = """Object.defineProperty(document, "visibilityState", { configurable: true, get: () => "hidden" });
Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
document.dispatchEvent(new Event("visibilitychange"));"""
End = Callable[[ListenerPage, Visit], None]


@pytest.fixture
def page(server: ScriptedServer, open_page: OpenPage, hum: Path) -> ListenerPage:
    return open_page(server.url, hum, script=KEPT, bypass_csp=True)


def begin(server: ScriptedServer, page: ListenerPage) -> Visit:
    page.toggle()
    visit = server.visit()
    visit.ready()
    visit.acknowledging = True
    visit.wait_audio(0.2)
    page.wait_state("open")
    assert live_tracks(page) == 1
    return visit


def stop(page: ListenerPage, _visit: Visit) -> None:
    page.toggle()


def stop_while_another_is_opened(page: ListenerPage, _visit: Visit) -> None:
    page.page.evaluate(_HOLD)
    page.page.select_option("#microphone", index=1)
    page.page.wait_for_function("asked.deviceId")
    page.toggle()
    page.page.evaluate("release()")


def stop_while_it_is_opened_again(page: ListenerPage, _visit: Visit) -> None:
    page.page.evaluate(f"asked = null; {_HOLD}; pull()")
    page.page.wait_for_function("asked")
    page.toggle()
    page.page.evaluate("release()")


def stop_while_hidden(page: ListenerPage, _visit: Visit) -> None:
    page.page.evaluate(_HIDE)
    page.page.evaluate("document.querySelector('#toggle').click()")


def leave_the_page(page: ListenerPage, _visit: Visit) -> None:
    """As into the browser's cache of pages that may be shown again."""
    page.page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")


def server_says_done(_page: ListenerPage, visit: Visit) -> None:
    visit.done()


def server_refuses(_page: ListenerPage, visit: Visit) -> None:
    visit.say("error", code="taken_over", message="Another window.", retryable=False)
    visit.close(4400)


def session_is_over(_page: ListenerPage, visit: Visit) -> None:
    visit.say("error", code="session_over", message="Long enough.", retryable=False)


@pytest.mark.parametrize(
    "end",
    [stop, stop_while_another_is_opened, stop_while_it_is_opened_again, stop_while_hidden, leave_the_page,
     server_says_done, server_refuses, session_is_over],
)  # fmt: skip
def test_no_track_is_live_after_the_end(page: ListenerPage, server: ScriptedServer, end: End) -> None:
    visit = begin(server, page)
    end(page, visit)
    page.page.wait_for_selector("#toggle[data-meaning=start]")
    wait_all_ended(page, 2 if "opened" in end.__name__ else 1)
    # Expect it to stay so: nothing mends what has ended
    page.page.evaluate("navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
    page.page.wait_for_timeout(600)
    wait_all_ended(page)
    page.page.wait_for_function("contexts.every((each) => each.state === 'closed')")


def test_stop_while_the_reader_is_asked(page: ListenerPage, server: ScriptedServer) -> None:
    # Given a browser that asks the reader for the permission
    page.page.evaluate(_HOLD)
    page.toggle()
    page.page.wait_for_function("globalThis.asked")
    # When Stop comes before the answer
    page.toggle()
    page.wait_state("idle")
    page.page.evaluate("release()")
    # Expect what is opened then to be closed at once, and no talk
    wait_all_ended(page)
    assert server.visits.empty()


@pytest.mark.parametrize(
    "script",
    [
        "AudioWorklet.prototype.addModule = async () => { throw new DOMException('no', 'AbortError'); };",
        "AudioContext.prototype.createMediaStreamSource = () => { throw new DOMException('no', 'SyntaxError'); };",
        "AudioContext.prototype.resume = () => Promise.reject(new DOMException('no', 'InvalidStateError'));",
    ],
    ids=["recorder", "source", "context"],
)
def test_an_error_while_it_begins(server: ScriptedServer, open_page: OpenPage, hum: Path, script: str) -> None:
    page = open_page(server.url, hum, script=KEPT + script, bypass_csp=True)
    page.toggle()
    page.page.wait_for_selector("#problem:not([hidden])")
    page.wait_state("idle")
    wait_all_ended(page)


def test_a_browser_that_gives_no_audio_at_all_is_told_so(
    server: ScriptedServer, open_page: OpenPage, hum: Path
) -> None:
    script = "globalThis.AudioContext = class { constructor() { throw new DOMException('no', 'SyntaxError'); } };"
    page = open_page(server.url, hum, script=KEPT + script, bypass_csp=True)
    page.toggle()
    page.wait_problem("other")
    assert page.page.inner_text("#toggle") == "Start" and live_tracks(page) == 0


def test_a_page_that_is_left_closes_it(page: ListenerPage, server: ScriptedServer) -> None:
    # Given a page that notes how many tracks are live when all else has heard that it is left
    begin(server, page)
    page.page.evaluate("addEventListener('pagehide', () => sessionStorage.setItem('live', live()))")
    # When it is loaded again, expect none
    page.page.reload()
    page.page.wait_for_selector("html[data-ready]")
    assert page.page.evaluate("sessionStorage.getItem('live')") == "0"
