"""The panel of settings: what it offers, what it says to the server, from when it holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.browser.support.accessibility import violations
from tests.browser.support.listener_page import ListenerPage, OpenPage
from tests.browser.support.scripted_server import MULTILINGUAL, ScriptedServer
from tests.browser.support.settings_dialog import open_settings, set_range
from tests.support.wait import wait_until

ASKED_FOR = """
globalThis.asked = [];
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = (wanted) => { asked.push(wanted.audio); return open(wanted); };
"""
PLAIN = {"type": "start", "encoding": "pcm16", "sample_rate": 48_000}


def said(page: ListenerPage) -> str:
    return page.page.inner_text("#settings-state")


def chosen(page: ListenerPage) -> Any:
    return page.page.evaluate("JSON.parse(localStorage.getItem('wta.settings') ?? '{}')")


def start_of(server: ScriptedServer, page: ListenerPage) -> dict[str, Any]:
    """What a talk begins with; the talk is over afterwards."""
    page.toggle()
    visit = server.visit()
    visit.ready()
    page.wait_state("open")
    page.toggle()
    visit.wait_text("stop")
    visit.done()
    page.wait_state("done")
    return visit.start


def test_what_is_chosen_is_asked_of_the_server_and_remembered(
    server: ScriptedServer, open_page: OpenPage, hum: Path
) -> None:
    # Given a model of many languages, and a reader who has chosen nothing
    server.speech = MULTILINGUAL
    page = open_page(server.url, hum)
    assert start_of(server, page) == PLAIN, "who chose nothing leaves it to the server"

    # Expect the settings to name the models and to offer their languages
    open_settings(page)
    assert page.page.inner_text("#settings-models") == "Speech: base · Sentiment: scripted"
    names = page.page.locator("#settings-spoken option").all_inner_texts()
    assert names == ["Automatic", "English", "German", "Korean"]
    # When the reader chooses
    page.page.select_option("#settings-spoken", "ko")
    page.page.select_option("#settings-task", "translate")
    set_range(page, "endpoint", 900)
    assert page.page.inner_text("output[for=settings-endpoint]") == "0.9 s"
    assert page.page.get_attribute("#settings-endpoint", "aria-valuetext") == "0.9 s"
    page.page.check("#settings-words")
    assert said(page) == "Saved."
    page.page.click("#settings-done")

    # Expect the server to be asked for it, also after a reload
    wanted = PLAIN | {"language": "ko", "task": "translate", "endpoint_ms": 900, "words": True}
    assert start_of(server, page) == wanted
    page.page.reload()
    page.page.wait_for_selector("html[data-ready]")
    assert start_of(server, page) == wanted
    assert page.complaints == []


def test_the_languages_that_may_be_spoken_are_asked_of_the_server(
    server: ScriptedServer, open_page: OpenPage, hum: Path
) -> None:
    # Given a model of many languages, which decides by itself
    server.speech = MULTILINGUAL
    page = open_page(server.url, hum)
    open_settings(page)
    # When the reader names two, expect the server to be asked for these
    page.page.select_option("#settings-among", ["en", "ko"])
    assert said(page) == "Saved."
    page.page.click("#settings-done")
    assert start_of(server, page) == PLAIN | {"languages": ["en", "ko"]}

    # When one language is chosen, expect the others to play no part; when it is given up, to be as before
    open_settings(page)
    assert page.page.eval_on_selector("#settings-among", "({ selectedOptions }) => selectedOptions.length") == 2
    page.page.select_option("#settings-spoken", "de")
    assert page.page.is_hidden("#settings-among")
    page.page.click("#settings-done")
    assert start_of(server, page) == PLAIN | {"language": "de"}
    open_settings(page)
    page.page.select_option("#settings-spoken", "")
    page.page.select_option("#settings-among", [])
    assert chosen(page) == {}
    assert page.complaints == []


def test_an_english_only_model_says_so_and_offers_nothing_else(
    server: ScriptedServer, open_page: OpenPage, hum: Path
) -> None:
    # Given a reader who has chosen Korean of another model
    page = open_page(
        server.url, hum, script="""localStorage.setItem("wta.settings", '{"spoken":"ko","task":"translate"}');"""
    )
    open_settings(page)
    assert page.page.inner_text("#settings-only") == "The speech model here (tiny.en) understands English only."
    assert page.page.is_hidden("#settings-spoken") and page.page.is_hidden("#settings-task")
    page.page.click("#settings-done")
    assert start_of(server, page) == PLAIN

    # When that model is back, while the page stays open, expect the choice to hold
    server.speech = MULTILINGUAL
    assert start_of(server, page) == PLAIN | {"language": "ko", "task": "translate"}
    open_settings(page)
    wait_until(lambda: page.page.is_visible("#settings-spoken"), 5, "the languages are not offered")
    assert page.page.input_value("#settings-spoken") == "ko"


@pytest.mark.parametrize("speech", [None, MULTILINGUAL | {"models": {}, "languages": [], "tasks": []}])
def test_what_is_not_known_of_the_server_is_said(
    server: ScriptedServer, open_page: OpenPage, hum: Path, speech: dict[str, Any] | None
) -> None:
    server.speech = speech
    page = open_page(server.url, hum)
    open_settings(page)
    assert "No speech worker" in page.page.inner_text("#settings-models")
    page.page.select_option("#settings-task", "translate")
    page.page.click("#settings-done")
    assert start_of(server, page) == PLAIN | {"task": "translate"}
    assert page.complaints == []


def test_what_the_server_refuses_is_said_with_a_way_out(server: ScriptedServer, open_page: OpenPage, hum: Path) -> None:
    page = open_page(server.url, hum)
    page.toggle()
    visit = server.visit()
    visit.say("error", code="unsupported", message="The speech model here knows English only.", retryable=False)
    visit.close(4400)
    words = page.wait_problem("unsupported")
    assert "knows English only" in words and "Change the settings" in words
    page.wait_state("failed")
    assert page.page.inner_text("#toggle") == "Start"


def test_a_change_while_speaking_says_from_when_it_holds(
    server: ScriptedServer, open_page: OpenPage, hum: Path
) -> None:
    # Given a talk
    server.speech = MULTILINGUAL
    page = open_page(server.url, hum, script=ASKED_FOR)
    page.toggle()
    visit = server.visit()
    visit.ready()
    visit.acknowledging = True
    page.wait_state("open")
    plain = {"echoCancellation": False, "noiseSuppression": True, "autoGainControl": True, "channelCount": 1}
    assert page.page.evaluate("asked") == [plain]

    # When another language is chosen, expect it to hold from the next talk on
    open_settings(page)
    page.page.select_option("#settings-spoken", "de")
    assert "from the next talk on" in said(page)
    # When the microphone is set otherwise, expect it to be opened anew at once
    page.page.uncheck("#settings-noise")
    assert said(page) == "Saved; it holds now."
    wait_until(lambda: page.page.evaluate("asked.length") == 2, 5, "the microphone was not opened anew")
    assert page.page.evaluate("asked[1]") == plain | {"noiseSuppression": False}
    # When another microphone is chosen, expect that one to be opened
    page.page.select_option("#settings-microphone", label="Fake Audio Input 2")
    wait_until(lambda: page.page.evaluate("asked.length") == 3, 5, "the other microphone was not opened")
    assert page.page.input_value("#microphone") == page.page.input_value("#settings-microphone") != ""
    # When everything is reset, expect the microphone to be opened once more
    page.page.click("#settings-reset")  # three changes, and the microphone is opened once
    wait_until(lambda: page.page.evaluate("asked.at(-1)") == plain, 5, "the microphone was not reset")
    assert page.page.evaluate("asked.length") == 4
    page.page.keyboard.press("Escape")

    # Expect the talk to go on over the same connection, as it began
    heard = visit.samples
    visit.wait_audio(heard / visit.rate_hz + 1)
    assert server.visits.empty()
    visit.close(1012)
    assert server.visit().start == PLAIN | {"resume_token": "token-s1"}


@pytest.mark.parametrize("system", ["light", "dark"])
def test_colours_are_as_chosen_whatever_the_system_says(
    server: ScriptedServer, open_page: OpenPage, hum: Path, system: str
) -> None:
    # Given a system of this theme
    page = open_page(server.url, hum, color_scheme=system)

    def ground() -> str:
        rgb = page.page.evaluate("getComputedStyle(document.body).backgroundColor")
        return "dark" if int(rgb[4:].split(",")[0]) < 128 else "light"

    assert ground() == system
    # When another theme is chosen, expect it at once and after a reload
    for theme in ("dark", "light"):
        open_settings(page)
        page.page.check(f"[name=theme][value={theme}]")
        assert ground() == theme
        assert page.page.get_attribute("meta[name=color-scheme]", "content") == theme
        page.page.reload()
        page.page.wait_for_selector("html[data-ready]")
        assert ground() == theme
    # When the system's is chosen again, expect that one
    open_settings(page)
    page.page.check("[name=theme][value=system]")
    assert ground() == system and chosen(page) == {}


def test_every_setting_can_be_reset(server: ScriptedServer, open_page: OpenPage, hum: Path) -> None:
    # Given settings that were all changed
    server.speech = MULTILINGUAL
    page = open_page(server.url, hum)
    start_of(server, page)  # now the microphones have names
    open_settings(page)
    page.page.select_option("#settings-spoken", "ko")
    page.page.check("#settings-echo")
    page.page.uncheck("#settings-gain")
    set_range(page, "unsure", 80)
    page.page.check("[name=theme][value=dark]")
    page.page.select_option("#settings-microphone", label="Fake Audio Input 2")
    assert chosen(page) == {"spoken": "ko", "echo": True, "gain": False, "unsure": 0.8, "theme": "dark"}

    # When they are reset
    page.page.click("#settings-reset")

    # Expect what was there at first, on the page and for the server
    assert said(page) == "Everything is as it was at first."
    assert chosen(page) == {} and page.page.input_value("#microphone") == ""
    assert page.page.input_value("#settings-spoken") == "" and page.page.input_value("#settings-unsure") == "50"
    assert page.page.is_checked("#settings-gain") and not page.page.is_checked("#settings-echo")
    assert page.page.is_checked("[name=theme][value=system]")
    page.page.click("#settings-done")
    assert start_of(server, page) == PLAIN


_WRONG = {"spoken": 7, "endpointMs": "x", "words": 1, "unsure": None, "theme": "blue'\"]", "task": "sing", "evil": True}


@pytest.mark.parametrize("stored", ["{", "null", "7", json.dumps(_WRONG)])
def test_a_broken_memory_of_settings_is_as_none(
    server: ScriptedServer, open_page: OpenPage, hum: Path, stored: str
) -> None:
    page = open_page(server.url, hum, script=f"localStorage.setItem('wta.settings', {json.dumps(stored)});")
    assert start_of(server, page) == PLAIN
    assert page.complaints == []


def test_the_keyboard_opens_uses_and_closes_the_settings(
    server: ScriptedServer, open_page: OpenPage, hum: Path
) -> None:
    # Given the settings, opened by keyboard
    server.speech = MULTILINGUAL
    page = open_page(server.url, hum)
    page.page.focus("#settings-open")
    page.page.keyboard.press("Enter")
    page.page.wait_for_selector("#settings[open]")
    # When Tab is pressed, expect every setting in order
    reached = []
    for _ in range(16):
        reached.append(page.page.evaluate("document.activeElement.id || document.activeElement.name"))
        page.page.keyboard.press("Tab")
    order = ["close", "spoken", "among", "task", "endpoint", "words", "unsure", "microphone", "noise", "gain", "echo"]
    assert reached[:11] == [f"settings-{name}" for name in order]
    assert reached[11:15] == ["settings-history", "theme", "settings-reset", "settings-done"]

    # When keys change two settings, expect both to be chosen
    page.page.focus("#settings-endpoint")
    page.page.keyboard.press("ArrowRight")
    page.page.focus("#settings-words")
    page.page.keyboard.press("Space")
    assert chosen(page) == {"endpointMs": 500, "words": True}
    # When Escape is pressed, expect the focus where it was
    page.page.keyboard.press("Escape")
    assert page.page.locator("#settings[open]").count() == 0
    assert page.page.evaluate("document.activeElement.id") == "settings-open", "the focus is back where it was"


@pytest.mark.parametrize("locale", ["en-US", "ko-KR"])
@pytest.mark.parametrize(("scheme", "width"), [("light", 320), ("dark", 1180)])
def test_axe_finds_nothing_in_the_settings_and_they_fit(
    server: ScriptedServer, open_page: OpenPage, hum: Path, scheme: str, width: int, locale: str
) -> None:
    # Given the settings on a small or a large screen
    server.speech = MULTILINGUAL
    page = open_page(
        server.url, hum, color_scheme=scheme, locale=locale, bypass_csp=True, viewport={"width": width, "height": 640}
    )
    open_settings(page)
    page.page.check("#settings-words")
    # Expect nothing for axe to find, nothing wider than the screen, and the buttons in sight
    assert violations(page) == []
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    body = page.page.evaluate(
        "(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth])(document.querySelector('.settings-body'))"
    )
    assert body[0] <= body[1], "nothing to push sideways"
    for button in ("#settings-close", "#settings-done"):
        box = page.page.locator(button).bounding_box()
        assert box is not None and box["y"] >= 0 and box["y"] + box["height"] <= 640
