"""How the page looks, beside how it looked when that was last agreed to (tests/browser/pictures)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.support.listener_page import ListenerPage, OpenPage
from tests.browser.support.pictures import check_picture
from tests.browser.support.scripted_server import MULTILINGUAL, ScriptedServer, Visit

_DESK: dict[str, Any] = {"viewport": {"width": 1180, "height": 820}}
_PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
_LOOKS = {
    "desk-light": _DESK | {"color_scheme": "light"},
    "desk-dark": _DESK | {"color_scheme": "dark"},
    "phone-light": _PHONE | {"color_scheme": "light"},
    "phone-dark": _PHONE | {"color_scheme": "dark"},
}
_ALIVE = ("#meter", "#elapsed", ".talk-title", "#halo")
"""What is never twice the same: the microphone's level and the time."""
_PARTS = (".top", ".dock", "#toggle", ".overview", "#ribbon", ".transcript-head", ".card[data-seq='1']",
          ".card[data-seq='2']", ".card[data-seq='4']", "#settings[open]", ".settings-foot")  # fmt: skip


def boxes(page: ListenerPage) -> dict[str, list[float]]:
    found = {part: page.page.locator(part) for part in _PARTS}
    shown = {part: locator.bounding_box() for part, locator in found.items() if locator.count() == 1}
    return {part: [box["x"], box["y"], box["width"], box["height"]] for part, box in shown.items() if box}


def compare(name: str, page: ListenerPage) -> None:
    page.page.evaluate("document.fonts.ready")
    covered = page.page.locator("#settings[open]").count() > 0  # a mask would lie above it
    mask = [] if covered else [page.page.locator(part) for part in _ALIVE]
    png = page.page.screenshot(animations="disabled", caret="hide", mask=mask, mask_color="#808080", scale="css")
    check_picture(name, png, boxes(page))


def short_talk(server: ScriptedServer, page: ListenerPage) -> Visit:
    """One card of each kind, in words that need no second line on a phone."""
    page.toggle()
    visit = server.visit()
    visit.ready()
    visit.acknowledging = True
    visit.utterance(1, "It was a good day.", "POSITIVE", 0.97)
    visit.utterance(2, "Then it rained.", "NEGATIVE", 0.91)
    visit.utterance(3, "We met at nine.", "NEUTRAL", 0.88)
    visit.say("speech_started", utterance_id="s1:4", seq=4, at=12.5)
    visit.say("partial", utterance_id="s1:4", seq=4, text="And now we", stable_chars=7)
    page.page.wait_for_selector(".card[data-seq='4'] .pale:not(:empty)")
    page.page.wait_for_selector(".card[data-seq='3'][data-mood]")
    return visit


@pytest.mark.parametrize("look", _LOOKS)
def test_the_page_looks_as_agreed(server: ScriptedServer, open_page: OpenPage, hum: Path, look: str) -> None:
    server.speech = MULTILINGUAL
    page = open_page(server.url, hum, reduced_motion="reduce", **_LOOKS[look])
    compare(f"{look}-empty", page)
    short_talk(server, page)
    page.page.evaluate("scrollTo(0, 0)")
    compare(f"{look}-talk", page)
    page.page.click("#settings-open")
    page.page.wait_for_selector("#settings[open]")
    compare(f"{look}-settings", page)


def test_another_look_is_noticed(
    server: ScriptedServer, open_page: OpenPage, hum: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The comparison is blind to letters, not to colours and places."""
    # Given the page as agreed
    monkeypatch.delenv("WTA_UPDATE_PICTURES", raising=False)
    server.speech = MULTILINGUAL
    page = open_page(server.url, hum, reduced_motion="reduce", bypass_csp=True, **_LOOKS["desk-light"])
    compare("desk-light-empty", page)
    # When only letters differ, expect no complaint
    page.page.add_style_tag(content="#toggle { background: #2f5d62; font-family: monospace; }")
    compare("desk-light-empty", page)
    # When a colour differs, expect one
    page.page.add_style_tag(content=".dock { background: #203040 !important; }")
    with pytest.raises(AssertionError, match="mean difference"):
        compare("desk-light-empty", page)
    # When a place differs, expect one
    page.page.add_style_tag(content=".dock { bottom: 4rem; }")
    with pytest.raises(AssertionError, match="elsewhere"):
        compare("desk-light-empty", page)
