"""Screen readers, keyboards, phones, two languages, dark rooms."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.browser.support.accessibility import violations
from tests.browser.support.listener_page import ListenerPage, OpenPage
from tests.browser.support.scripted_server import ScriptedServer, Visit
from tests.support.processes import ROOT

_STATIC = ROOT / "fastapi_service" / "static"


def busy_page(server: ScriptedServer, page: ListenerPage) -> Visit:
    """Every kind of card, a notice and a problem at once."""
    page.toggle()
    visit = server.visit()
    visit.ready()
    visit.acknowledging = True
    for seq, label in enumerate(["POSITIVE", "NEGATIVE", "NEUTRAL", None], start=1):
        visit.utterance(seq, f"Sentence number {seq}.", label)
    visit.say("error", code="utterance_failed", message="No.", retryable=False, utterance_id="s1:5", seq=5)
    visit.say("speech_started", utterance_id="s1:6", seq=6, at=19.0)
    visit.say("partial", utterance_id="s1:6", seq=6, text="Words that flow", stable_chars=5)
    visit.say("status", queue_seconds=7, level="busy")
    page.page.wait_for_selector(".card[data-seq='6'] .solid:not(:empty)")
    page.page.locator(".card summary").first.click()
    return visit


@pytest.mark.parametrize("locale", ["en-US", "ko-KR"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(server: ScriptedServer, open_page: OpenPage, hum: Path, scheme: str, locale: str) -> None:
    page = open_page(server.url, hum, color_scheme=scheme, locale=locale, bypass_csp=True)
    assert violations(page) == []
    visit = busy_page(server, page)
    assert violations(page) == []
    visit.say("error", code="taken_over", message="Elsewhere.", retryable=False)
    visit.close(4400)
    page.wait_problem("takenOver")
    page.page.set_viewport_size({"width": 390, "height": 844})
    assert violations(page) == []


def test_the_keyboard_reaches_everything(server: ScriptedServer, open_page: OpenPage, hum: Path) -> None:
    # When somebody presses Tab, expect every control in order
    page = open_page(server.url, hum)
    reached = []
    for _ in range(5):
        page.page.keyboard.press("Tab")
        reached.append(page.page.evaluate("document.activeElement.id || document.activeElement.className"))
    assert reached == ["skip", "settings-open", "language", "microphone", "toggle"]

    # When somebody presses Enter on Start, and Space on Stop, expect a talk that begins and ends
    page.page.keyboard.press("Enter")
    visit = server.visit()
    visit.ready()
    page.wait_state("open")
    assert page.page.inner_text("#toggle") == "Stop"
    page.page.keyboard.press("Space")
    visit.wait_text("stop")
    visit.done()
    page.wait_state("done")


def test_a_korean_reader_gets_korean_and_may_change_it(server: ScriptedServer, open_page: OpenPage, hum: Path) -> None:
    # When the browser is Korean, expect Korean
    page = open_page(server.url, hum, locale="ko-KR")
    assert page.page.get_attribute("html", "lang") == "ko"
    assert page.page.inner_text("#toggle") == "시작"
    busy_page(server, page)
    page.page.wait_for_selector(".mood-name:has-text('긍정')")

    # When English is chosen, expect English, in what is there already and after a reload
    page.page.click("#language")

    assert page.page.locator(".mood-name").all_inner_texts() == ["Positive", "Negative", "Neutral"]
    page.page.reload()
    page.page.wait_for_selector("html[data-ready][lang=en]")


def test_both_languages_have_every_text(server: ScriptedServer, open_page: OpenPage, hum: Path) -> None:
    page = open_page(server.url, hum)
    texts = page.page.evaluate(
        "async () => [(await import('/static/texts/en.js')).ENGLISH, (await import('/static/texts/ko.js')).KOREAN]"
    )
    english, korean = texts
    assert english.keys() == korean.keys()
    placeholders = {key: set(re.findall(r"\{\w+\}", english[key])) for key in english}
    assert placeholders == {key: set(re.findall(r"\{\w+\}", korean[key])) for key in korean}


@pytest.mark.parametrize("width", [320, 390, 768])
def test_nothing_is_wider_than_the_window(server: ScriptedServer, open_page: OpenPage, hum: Path, width: int) -> None:
    page = open_page(server.url, hum, viewport={"width": width, "height": 700})
    busy_page(server, page)
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    button = page.page.locator("#toggle").bounding_box()
    assert button is not None and button["height"] >= 44 and button["y"] + button["height"] <= 700


def test_nothing_moves_for_who_wants_it_still(server: ScriptedServer, open_page: OpenPage, hum: Path) -> None:
    page = open_page(server.url, hum, reduced_motion="reduce")
    page.toggle()
    server.visit()
    assert page.page.evaluate("document.getAnimations().length") == 0
    assert page.page.is_hidden("#halo")


def test_the_chosen_microphone_is_remembered(server: ScriptedServer, open_page: OpenPage, hum: Path) -> None:
    # Given a talk
    page = open_page(server.url, hum)
    page.toggle()
    visit = server.visit()
    visit.ready()
    page.page.wait_for_selector("#microphone option:has-text('Fake Audio Input 2')", state="attached")
    # When another microphone is chosen
    page.page.select_option("#microphone", label="Fake Audio Input 2")
    # Expect the talk to go on with it, and the choice to outlast a reload
    heard = visit.samples
    visit.acknowledging = True
    visit.wait_audio(heard / visit.rate_hz + 1)  # the talk goes on with the other one
    chosen = page.page.input_value("#microphone")
    page.page.reload()
    page.page.wait_for_selector("html[data-ready]")
    assert chosen and page.page.input_value("#microphone") == chosen


def test_the_page_needs_no_inline_script_or_style() -> None:
    html = (_STATIC / "index.html").read_text(encoding="utf-8")
    assert "<style" not in html and " style=" not in html and " onclick=" not in html
    assert html.count("<script") == html.count('<script type="module" src=')
