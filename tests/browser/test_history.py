"""Earlier talks: kept, found again, renamed, taken along, deleted; or not kept at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.browser.support.accessibility import violations
from tests.browser.support.listener_page import ListenerPage, OpenPage
from tests.browser.support.scripted_server import ScriptedServer, Visit
from tests.support.processes import ROOT
from tests.support.wait import wait_until

_PICTURES = ROOT / "tests" / "output"
_COUNT = "async () => (await (new (await import('/static/history/talk-store.js')).TalkStore()).list()).length"


def talk(server: ScriptedServer, page: ListenerPage, session_id: str, *sentences: tuple[str, str]) -> Visit:
    page.toggle()
    visit = server.visit()
    visit.ready(session_id)
    visit.acknowledging = True
    for seq, (text, label) in enumerate(sentences, start=1):
        visit.utterance(seq, text, label)
    page.page.wait_for_selector(f".talk:last-child .card[data-seq='{len(sentences)}'][data-mood]")
    return visit


def stop(page: ListenerPage, visit: Visit) -> None:
    page.toggle()
    visit.wait_text("stop")
    visit.done()
    page.wait_state("done")


@pytest.fixture
def page(server: ScriptedServer, open_page: OpenPage, hum: Path) -> ListenerPage:
    """With a talk that is over."""
    page = open_page(server.url, hum, bypass_csp=True)
    stop(page, talk(server, page, "s1", ("What a lovely day.", "POSITIVE"), ("It rains.", "NEUTRAL")))
    return page


def reload(page: ListenerPage) -> None:
    page.page.reload()
    page.page.wait_for_selector("html[data-ready]")


def kept(page: ListenerPage) -> int:
    return int(page.page.evaluate(_COUNT))


def test_a_page_loaded_again_shows_what_it_showed(server: ScriptedServer, open_page: OpenPage, hum: Path) -> None:
    page = open_page(server.url, hum)
    talk(server, page, "s1", ("What a lovely day.", "POSITIVE"), ("It rains.", "NEUTRAL"))
    wait_until(lambda: kept(page) == 1, 10, "not kept")
    before = page.page.inner_text(".cards")
    reload(page)
    assert page.page.inner_text(".cards") == before
    assert page.moods() == ["POSITIVE", "NEUTRAL"] and page.page.inner_text("[data-stat=words]") == "6"
    assert page.page.locator("#ribbon rect").count() == 2


def test_a_new_tab_begins_empty_and_opens_an_earlier_talk(page: ListenerPage, server: ScriptedServer) -> None:
    # When a new tab is opened, expect it to be empty
    other = page.page.context.new_page()
    other.goto(server.url)
    other.wait_for_selector("html[data-ready]")
    assert other.is_visible("#empty")
    # When the history is opened, expect the talk in short
    other.click("#history-open")
    entry = other.wait_for_selector(".kept-open")
    assert entry is not None
    for words in ("What a lovely day. It rains.", "0:08", "2 sentences", "Neutral"):
        assert words in entry.inner_text()
    # When the talk is opened, expect its sentences with their details
    entry.click()
    other.wait_for_selector(".card[data-seq='2'][data-mood=NEUTRAL]")
    assert other.locator(".card-text").all_inner_texts() == ["What a lovely day.", "It rains."]
    other.click(".card summary >> nth=0")
    other.wait_for_selector(".details-part")
    assert other.is_hidden("#history") and other.inner_text("[data-stat=words]") == "6"


def test_a_talk_is_renamed_by_keyboard(page: ListenerPage) -> None:
    # When a new name is typed and given up, expect the old one
    page.page.click("#history-open")
    page.page.focus(".kept-rename")
    page.page.keyboard.press("Enter")
    assert violations(page) == []
    page.page.keyboard.type("not this")
    page.page.keyboard.press("Escape")
    page.page.wait_for_selector("#history[open] .kept-title:has-text('Talk of')")
    page.page.wait_for_function("document.activeElement.classList.contains('kept-rename')")
    # When another name is typed and entered
    page.page.keyboard.press("Enter")
    page.page.keyboard.type("A day in <March>")
    page.page.keyboard.press("Enter")
    # Expect that name in the history and on the page, also after a reload
    page.page.wait_for_selector(".kept-title:has-text('A day in <March>')")
    assert page.page.inner_text(".talk-title") == "A day in <March>"
    page.page.keyboard.press("Escape")
    reload(page)
    assert page.page.inner_text(".talk-title") == "A day in <March>"
    assert page.complaints == []


def test_a_kept_talk_is_exported_under_its_name(page: ListenerPage) -> None:
    # When a talk is exported as JSON
    page.page.click("#history-open")
    page.page.click(".kept-export")
    page.page.check("#export input[value=json]")
    assert violations(page) == []
    with page.page.expect_download() as download:
        page.page.click("#export .ask-yes")
    # Expect a file with its sentences and without the session's token
    assert download.value.suggested_filename.startswith("talk 20")
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert [s["text"] for s in json.loads(text)["sentences"]] == ["What a lovely day.", "It rains."]
    assert "token-s1" not in text, "the session's secret"


def test_deleting_a_talk_asks_first_and_deletes_it_everywhere(page: ListenerPage) -> None:
    # When deletion is asked for and not confirmed, expect the talk to be kept
    asked: list[str] = []
    page.page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    page.page.click("#history-open")
    page.page.click(".kept-delete")
    assert violations(page) == []
    page.page.keyboard.press("Escape")
    assert kept(page) == 1 and page.page.is_visible("#history")
    page.page.click(".kept-delete")
    # When it is confirmed
    page.page.click("#ask .ask-yes")
    # Expect it to be gone here and from the server
    page.page.wait_for_selector(".history-empty:visible")
    assert kept(page) == 0 and any(each.startswith("DELETE") and each.endswith("/s1") for each in asked)
    page.page.keyboard.press("Escape")
    page.page.wait_for_selector(".note:has-text('Deleted from the server')")
    reload(page)
    assert page.page.is_visible("#empty")


def test_a_talk_is_deleted_here_after_a_question_where_the_server_is_away(
    page: ListenerPage, server: ScriptedServer
) -> None:
    server.stop()
    page.page.click("#history-open")
    page.page.click(".history-clear")
    page.page.click("#ask .ask-yes")
    page.page.wait_for_selector("#ask .ask-title:has-text('did not answer')")
    assert kept(page) == 1
    page.page.click("#ask .ask-yes")
    page.page.wait_for_selector(".history-empty:visible")
    assert kept(page) == 0


def test_who_wants_no_history_has_none(page: ListenerPage, server: ScriptedServer) -> None:
    # When somebody switches the history off and does not confirm, expect it to be on
    page.page.click("#history-open")
    page.page.click(".history-kept")
    page.page.click("#ask .ask-no")
    page.page.wait_for_function("document.querySelector('.history-kept').checked")
    page.page.click(".history-kept")
    # When it is confirmed, and somebody speaks
    page.page.click("#ask .ask-yes")
    page.page.wait_for_selector(".history-empty:has-text('Nothing is kept')")
    page.page.keyboard.press("Escape")
    stop(page, talk(server, page, "s2", ("Not to be kept.", "NEUTRAL")))
    # Expect nothing to be kept
    reload(page)
    assert kept(page) == 0 and page.page.is_visible("#empty")
    page.page.click("#history-open")
    assert not page.page.is_checked(".history-kept")
    assert page.page.evaluate("sessionStorage.getItem('wta.shown')") in (None, "[]")


def test_a_browser_that_keeps_nothing_says_so(server: ScriptedServer, open_page: OpenPage, hum: Path) -> None:
    script = "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); };"
    page = open_page(server.url, hum, script=script)
    visit = talk(server, page, "s1", ("Still shown.", "NEUTRAL"))
    page.page.click("#history-open")
    page.page.wait_for_selector(".history-empty:has-text('private window')")
    page.page.keyboard.press("Escape")
    stop(page, visit)
    assert page.words() == "Still shown." and page.complaints == []


@pytest.mark.parametrize("locale", ["en-US", "ko-KR"])
def test_the_windows_fit_a_small_phone_and_everybody(
    server: ScriptedServer, open_page: OpenPage, hum: Path, locale: str
) -> None:
    # Given a small phone with three talks
    page = open_page(server.url, hum, bypass_csp=True, locale=locale, viewport={"width": 320, "height": 640})
    for number, words in enumerate(["What a lovely day, and how long this sentence is.", "It rains.", "Bad luck."]):
        label = ("POSITIVE", "NEUTRAL", "NEGATIVE")[number]
        stop(page, talk(server, page, f"s{number}", (words, label)))
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 320
    _PICTURES.mkdir(parents=True, exist_ok=True)
    # When history and export are opened, in light and dark
    for scheme in ("light", "dark"):
        page.page.emulate_media(color_scheme=scheme)
        for opener, window in (("#history-open", "#history"), ("#save", "#export")):
            page.page.click(opener)
            page.page.wait_for_selector(f"{window}[open]")
            # Expect nothing for axe to find, and windows within the screen
            assert violations(page) == []
            box = page.page.locator(window).bounding_box()
            assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 320 and box["height"] <= 640
            name = f"{window[1:]}-{locale[:2]}-{scheme}"
            page.page.screenshot(path=_PICTURES / f"{name}-320.png")
            page.page.set_viewport_size({"width": 1180, "height": 820})
            page.page.screenshot(path=_PICTURES / f"{name}.png")
            page.page.set_viewport_size({"width": 320, "height": 640})
            page.page.keyboard.press("Escape")


def test_the_page_says_how_long_the_server_keeps_it(page: ListenerPage) -> None:
    script = """async (all) => {
      const { lasting } = await import("/static/lib/time.js");
      return all.map((seconds) => lasting(seconds, "en"));
    }"""
    words = page.page.evaluate(script, [86_400, 5_400, 3_600, 604_800, 61])
    assert words == ["1 day", "90 minutes", "1 hour", "7 days", "61 seconds"]
