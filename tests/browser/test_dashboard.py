"""The dashboard on the whole real system: a worker fails, its sentence is given up, and tried again from the page."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import soundfile

from chaos.voice import LONG_S, LONG_SENTENCE
from tests.browser.support.accessibility import violations
from tests.browser.support.listener_page import ListenerPage, OpenPage
from tests.fastapi_service.web_service import MakeWeb
from tests.support.processes import ROOT, free_port
from tests.support.speech import espeak, recorded_clips
from tests.support.stack import Stack
from tests.support.streaming import stream
from tests.support.wait import wait_until
from wta import names
from wta.keys import hash_secret, new_key

KEY = new_key()
_ANSWER_S = 90.0
_PICTURES = ROOT / "tests" / "output"


@pytest.fixture(scope="module")
def sick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Two web processes, and a speech worker that fails at the long sentence while `sick.mark` is there."""
    folder = tmp_path_factory.mktemp("sick")
    stack = Stack(folder, lease_s="2", requeue_s="2", admin_keys=f"anna:{hash_secret(KEY)}")
    command = stack.processes["stt"].command[2:]
    worker = stack.add("stt", ["celery", "-A", "chaos.sick_worker:celery_app", *command[3:]])
    worker.env |= {"CHAOS_SICKNESS": "fail", "CHAOS_MARK": str(folder / "sick.mark")}
    stack.add("web2", ["fastapi_service"]).env["WTA_PORT"] = str(free_port())
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


def open_dashboard(open_page: OpenPage, url: str, wav: Path, **context: Any) -> ListenerPage:
    return open_page(f"{url}/dashboard", wav, **context)


def sign_in(page: ListenerPage, key: str = KEY) -> None:
    page.page.fill("#key", key)
    page.page.keyboard.press("Enter")
    page.complaints.clear()  # the browser itself reports the 401 of before


def figure(page: ListenerPage, name: str) -> str:
    return page.page.inner_text(f"[data-figure={name}]")


def lines_of(stack: Stack, session_id: str) -> list[str]:
    return [line for line in stack.log_lines() if session_id in line]


def snapshot(stack: Stack, web: str) -> dict[str, Any]:
    url = f"http://127.0.0.1:{stack.processes[web].env['WTA_PORT']}/api/dashboard"
    token = httpx.post(f"{url}/session", headers={"Authorization": f"Bearer {KEY}"}).json()["token"]
    stack.client().delete(names.DASHBOARD_SNAPSHOT)  # each web process finds out for itself
    return dict(httpx.get(url, headers={"Authorization": f"Bearer {token}"}).json())


def test_what_was_given_up_is_tried_again(sick: Stack, open_page: OpenPage, tmp_path: Path) -> None:
    # Given a speaker whose sentence no worker could understand
    mark = sick.folder / "sick.mark"
    mark.touch()
    wav = espeak(LONG_SENTENCE, tmp_path / "long.wav")
    assert soundfile.info(wav).duration > LONG_S + 1
    speaker = open_page(sick.http_url, wav)
    speaker.toggle()
    speaker.page.wait_for_selector(".card[data-state=failed]", timeout=_ANSWER_S * 1000)
    (uid,) = (member.decode() for member in sick.client().zrange(names.DEAD, 0, -1))
    session_id = uid.partition(":")[0]
    wait_until(lambda: lines_of(sick, session_id), 20, "its failure is not in the log")

    # When somebody who runs the server looks at the dashboard, and the worker is well again
    page = open_dashboard(open_page, sick.http_url, wav)
    sign_in(page)
    row = page.page.locator("#dead tr")
    row.wait_for(timeout=20_000)
    assert "RuntimeError" in row.inner_text() and "sick" not in row.inner_text()
    assert figure(page, "live") == "1" and page.page.locator("#sessions tr").count() == 1
    assert page.page.locator("#errors tr", has_text="RuntimeError").locator("td").first.inner_text() == "3"
    mark.unlink()
    row.get_by_role("button", name=re.compile("Try again")).click()

    # Expect the sentence on its speaker's page and in the log, once, and nothing left to do on the dashboard
    page.page.wait_for_selector("#said.notice:has-text('is tried again')")
    speaker.page.wait_for_selector(".card[data-state=settled][data-mood]", timeout=_ANSWER_S * 1000)
    assert speaker.cards.count() == 1 and "one sentence" in speaker.words()
    heard = wait_until(lambda: lines_of(sick, session_id)[1:], 20, "it is not in the log")
    assert len(heard) == 1 and "one sentence" in heard[0] and "FAILED" not in heard[0]
    page.page.wait_for_selector("#dead tr", state="detached")
    wait_until(lambda: figure(page, "total").endswith("s"), 20, "no latency is shown")
    speaker.toggle()
    speaker.wait_state("done", _ANSWER_S)
    wait_until(lambda: figure(page, "live") == "0", 20, "who has gone is still there")
    assert len(lines_of(sick, session_id)) == 2, "its failure once, its text once"
    assert speaker.complaints == page.complaints == []


def test_every_web_process_shows_the_same(sick: Stack, tmp_path: Path) -> None:
    spoken = stream(sick.ws_url, espeak("This is a wonderful day.", tmp_path / "day.wav"))
    assert spoken.of("sentiment"), spoken.stderr
    one, other = (snapshot(sick, web) for web in ("web", "web2"))
    assert sum(minute["done"] for minute in one["minutes"]) >= 1 and one["steps"][-1]["results"] >= 1
    for same in ("steps", "processes", "queue_seconds", "dead", "errors", "missing", "live"):
        assert one[same] == other[same], same
    counts = [{m["begins_s"]: m for m in each["minutes"][-10:] if m["done"]} for each in (one, other)]
    assert counts[0] == counts[1]
    assert {process["kind"] for process in one["processes"]} == {"fastapi_service", "stt_worker", "analyzer_worker"}


@pytest.mark.parametrize("locale", ["en-US", "ko-KR"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_dashboard(
    sick: Stack, open_page: OpenPage, hum: Path, scheme: str, locale: str
) -> None:
    page = open_dashboard(open_page, sick.http_url, hum, color_scheme=scheme, locale=locale, bypass_csp=True)
    assert violations(page) == []
    sign_in(page)
    page.page.wait_for_selector("#board:not([hidden]) #processes tr")
    assert violations(page) == []
    for width in (320, 390, 768):
        page.page.set_viewport_size({"width": width, "height": 800})
        assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []


def test_who_is_signed_in_stays_so_in_this_tab_alone(sick: Stack, open_page: OpenPage, hum: Path) -> None:
    # When somebody signs in, expect a wrong key to be refused and the right one to be taken
    page = open_dashboard(open_page, sick.http_url, hum)
    sign_in(page, "not the key")
    page.page.wait_for_selector("#sign-in-problem:has-text('does not know this key')")
    sign_in(page)
    page.page.wait_for_selector("#board:not([hidden])")
    # Expect the sign-in to outlast a reload, and the key to be kept nowhere
    page.page.reload()
    page.page.wait_for_selector("#board:not([hidden])")
    stored = page.page.evaluate(
        "JSON.stringify([{...sessionStorage}, {...localStorage}, document.cookie, location.href])"
    )
    assert KEY not in stored and KEY not in page.page.content()

    # Expect another tab of the same browser to be asked for the key
    other = page.page.context.new_page()  # another tab of the same browser
    other.goto(page.page.url)
    other.wait_for_selector("#sign-in:not([hidden])")

    # When somebody signs out, expect it to last
    page.page.click("#sign-out")
    page.page.wait_for_selector("#sign-in:not([hidden])")
    page.page.reload()
    page.page.wait_for_selector("#sign-in:not([hidden])")
    for process in sick.processes.values():
        assert KEY not in process.log.read_text()


def test_the_dashboard_lives_and_says_when_the_server_is_away(
    make_web: MakeWeb, open_page: OpenPage, hum: Path
) -> None:
    # Given a dashboard whose figures move
    web = make_web(admin_keys=f"anna:{hash_secret(KEY)}")
    page = open_dashboard(open_page, web.http_url, hum)
    sign_in(page)
    page.page.wait_for_selector("#board:not([hidden])")
    seen = page.page.inner_text("#at")
    wait_until(lambda: page.page.inner_text("#at") != seen, 20, "the figures stand still")
    # When the server stops, expect the page to say so and to keep its last figures
    web.process.stop()
    page.page.wait_for_selector("#away:not([hidden])")
    assert page.page.is_visible("#board"), "the last figures stay"
    # When the server is back, expect the page to be as before
    web.start()
    page.page.wait_for_selector("#away", state="hidden", timeout=30_000)


def test_the_dashboard_says_how_to_make_a_key(make_web: MakeWeb, open_page: OpenPage, hum: Path) -> None:
    page = open_dashboard(open_page, make_web().http_url, hum, bypass_csp=True)
    page.page.wait_for_selector("#closed:not([hidden])")
    assert "python -m wta keys new anna --admin" in page.page.inner_text("#closed")
    assert page.page.is_hidden("#board") and page.page.is_hidden("#sign-in")
    assert violations(page) == []


def test_dismissing_an_utterance_asks_first(sick: Stack, open_page: OpenPage, tmp_path: Path) -> None:
    # Given an utterance that was given up
    mark = sick.folder / "sick.mark"
    mark.touch()
    wav = espeak(LONG_SENTENCE, tmp_path / "long.wav")
    stream(sick.ws_url, wav)
    page = open_dashboard(open_page, sick.http_url, wav, bypass_csp=True)
    sign_in(page)
    # When its dismissal is asked for by keyboard, and not confirmed
    dismiss = page.page.locator("#dead tr").get_by_role("button", name=re.compile("Dismiss"))
    dismiss.focus()
    page.page.keyboard.press("Enter")
    page.page.wait_for_selector("#ask[open]")
    assert violations(page) == []
    page.page.keyboard.press("Escape")
    # Expect it to be listed
    assert sick.client().zcard(names.DEAD) == 1, "asked, and not confirmed"
    # When it is confirmed, expect it to be gone
    page.page.keyboard.press("Enter")
    page.page.click("#ask .ask-yes")
    page.page.wait_for_selector("#dead tr", state="detached")
    assert sick.client().zcard(names.DEAD) == 0
    mark.unlink()


def test_the_dashboard_has_every_text_in_both_languages(sick: Stack, open_page: OpenPage, hum: Path) -> None:
    page = open_dashboard(open_page, sick.http_url, hum)
    english, korean = page.page.evaluate(
        """async () => [(await import('/static/dashboard/texts-en.js')).ENGLISH,
                         (await import('/static/dashboard/texts-ko.js')).KOREAN]"""
    )
    assert english.keys() == korean.keys()
    placeholders = {key: set(re.findall(r"\{\w+\}", english[key])) for key in english}
    assert placeholders == {key: set(re.findall(r"\{\w+\}", korean[key])) for key in korean}


def test_the_dashboard_needs_no_inline_script_or_style() -> None:
    html = (ROOT / "fastapi_service" / "static" / "dashboard" / "index.html").read_text(encoding="utf-8")
    assert "<style" not in html and " style=" not in html and " onclick=" not in html
    assert html.count("<script") == html.count('<script type="module" src=')


def test_picture_of_the_dashboard(sick: Stack, open_page: OpenPage, tmp_path: Path) -> None:
    """Kept in tests/output; `WTA_UPDATE_PICTURES=1` renews the one of docs/dashboard.md too."""
    wav = espeak(LONG_SENTENCE, tmp_path / "long.wav")
    spoken = stream(sick.ws_url, *[clip.path for clip in recorded_clips(tmp_path)][:6])
    assert spoken.exit_code == 0, spoken.stderr
    mark = sick.folder / "sick.mark"
    mark.touch()
    stream(sick.ws_url, wav)
    speaker = open_page(sick.http_url, wav)
    speaker.toggle()
    page = open_dashboard(open_page, sick.http_url, wav, viewport={"width": 1180, "height": 1280})
    sign_in(page)
    page.page.wait_for_selector("#dead tr")
    page.page.wait_for_selector("#sessions tr")

    _PICTURES.mkdir(parents=True, exist_ok=True)
    picture = page.page.screenshot(path=_PICTURES / "dashboard.png")
    page.page.set_viewport_size({"width": 390, "height": 844})
    page.page.emulate_media(color_scheme="dark")
    page.page.screenshot(path=_PICTURES / "dashboard-phone-dark.png", full_page=True)
    mark.unlink()
    if os.environ.get("WTA_UPDATE_PICTURES"):
        (ROOT / "docs" / "images" / "dashboard.png").write_bytes(picture)
