"""A history that the browser closes, empties, fills or forbids; and one that grows old."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.support.listener_page import ListenerPage, OpenPage
from tests.browser.support.scripted_server import ScriptedServer, Visit
from tests.support.wait import wait_until

_KEPT = """
globalThis.databases = [];
const open = IDBFactory.prototype.open;
IDBFactory.prototype.open = function (...given) {
  const request = open.apply(this, given);
  request.addEventListener("success", () => databases.push(request.result));
  return request;
};
"""
_STORE = "const store = new (await import('/static/history/talk-store.js')).TalkStore();"
_RECORDS = f"async (id) => {{ {_STORE} return (await store.load(id))?.records.length ?? 0; }}"
_MOODS = (
    f"async (id) => {{ {_STORE} return (await store.load(id))?.records.filter(({{ mood }}) => mood).length ?? 0; }}"
)
_IDS = f"async () => {{ {_STORE} return (await store.list()).map(({{ id }}) => id).sort(); }}"
_ADD = f"""async (ages) => {{
  {_STORE}
  const moods = {{ POSITIVE: 0, NEUTRAL: 1, NEGATIVE: 0 }};
  const summary = {{ sentences: 1, words: 1, moods, firstWords: "Hi", lengthS: 1 }};
  for (const days of ages) {{
    const startedAt = Date.now() - days * 86_400_000;
    const talk = {{ id: `old-${{days}}`, resumeToken: "t", kind: "talk", name: null, startedAt, ended: true, summary }};
    await store.put(talk);
  }}
}}"""


@pytest.fixture
def talk(server: ScriptedServer, open_page: OpenPage, hum: Path) -> tuple[ListenerPage, Visit]:
    """A talk that goes on, with one sentence that is kept."""
    page = open_page(server.url, hum, script=_KEPT, bypass_csp=True)
    page.toggle()
    visit = server.visit()
    visit.ready()
    visit.acknowledging = True
    visit.utterance(1, "Before.", "NEUTRAL")
    wait_records(page, 1)
    return page, visit


def wait_records(page: ListenerPage, count: int, counted: str = _RECORDS) -> None:
    page.page.wait_for_function(f"(async () => (await ({counted})('s1')) === {count})()")


def close_the_handle(page: ListenerPage) -> None:
    """As WebKit does after a while, without a word."""
    page.page.evaluate("for (const each of databases) each.close()")


def clear_the_site(page: ListenerPage) -> None:
    origin = page.page.evaluate("location.origin")
    cdp = page.page.context.new_cdp_session(page.page)
    cdp.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "indexeddb"})


def delete_in_another_tab(page: ListenerPage) -> None:
    other = page.page.context.new_page()
    other.goto(page.page.url + "static/icon.svg")
    deleted = other.evaluate("""() => new Promise((resolve) => {
      const request = indexedDB.deleteDatabase("wta");
      request.onsuccess = () => resolve(true);
      request.onblocked = () => resolve(false);
    })""")
    assert deleted, "the page holds on to it"
    other.close()


@pytest.mark.parametrize("lose", [close_the_handle, clear_the_site, delete_in_another_tab])
def test_a_history_that_was_closed_is_opened_again(talk: tuple[ListenerPage, Visit], lose: object) -> None:
    page, visit = talk
    # Given a talk whose history the browser has closed
    assert callable(lose)
    lose(page)
    # When it goes on, expect all of it to be kept, and no alarm
    visit.utterance(2, "After.", "POSITIVE")
    wait_records(page, 2, _MOODS)
    assert page.page.is_hidden("#unkept") and page.complaints == []
    page.page.reload()
    page.page.wait_for_selector(".card[data-seq='2'][data-mood]")
    assert page.texts() == ["Before.", "After."]


def test_a_full_disk_is_told_and_caught_up_with(talk: tuple[ListenerPage, Visit]) -> None:
    page, visit = talk
    # Given a disk that is full
    page.page.evaluate("""() => {
      globalThis.put = IDBObjectStore.prototype.put;
      IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); };
    }""")
    # When the talk goes on, expect it on the page, and words that it is not kept
    visit.utterance(2, "Not kept at first.", "NEUTRAL")
    told = page.page.wait_for_selector("#unkept:not([hidden])")
    assert told is not None and "no room left" in told.inner_text()
    assert page.words() == "Before. Not kept at first."
    # When there is room again, expect everything to be kept with the next sentence, and the words to go
    page.page.evaluate("() => { IDBObjectStore.prototype.put = globalThis.put; }")
    visit.utterance(3, "Kept.", "NEUTRAL")
    wait_records(page, 3)
    page.page.wait_for_selector("#unkept", state="hidden")
    assert page.complaints == []


def test_a_browser_that_forbids_storage_does_not_stop_the_talk(
    server: ScriptedServer, open_page: OpenPage, hum: Path
) -> None:
    script = "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); };"
    page = open_page(server.url, hum, script=script, locale="ko-KR")
    page.toggle()
    visit = server.visit()
    visit.ready()
    visit.utterance(1, "Still shown.", "NEUTRAL")
    told = page.page.wait_for_selector("#unkept:not([hidden])")
    assert told is not None and "보관하지 못하게" in told.inner_text()
    page.page.wait_for_selector(".card[data-mood]")
    assert page.words() == "Still shown." and page.complaints == []


def test_old_talks_go_by_themselves(server: ScriptedServer, open_page: OpenPage, hum: Path) -> None:
    # Given talks of three ages; when the page is opened, expect those of more than 30 days to be gone
    page = open_page(server.url, hum)
    page.page.evaluate(_ADD, [2, 29, 31])
    page.page.reload()
    page.page.wait_for_selector("html[data-ready]")
    wait_until(lambda: page.page.evaluate(_IDS) == ["old-2", "old-29"], 10, "the oldest stays")
    page.page.click("#history-open")
    page.page.wait_for_selector("#history[open]")
    assert "After 30 days" in page.page.inner_text(".history-retention")
    page.page.keyboard.press("Escape")
    # When another age is chosen, expect it to hold at once
    page.page.click("#settings-open")
    assert page.page.input_value("#settings-history") == "30"
    page.page.select_option("#settings-history", "7")
    page.page.click("#settings-done")
    page.page.click("#history-open")
    page.page.wait_for_selector("#history[open]")
    wait_until(lambda: page.page.evaluate(_IDS) == ["old-2"], 10, "what is older than 7 days stays")
    # When there is to be no limit, expect the oldest to stay
    page.page.keyboard.press("Escape")
    page.page.click("#settings-open")
    page.page.select_option("#settings-history", "0")
    page.page.click("#settings-done")
    page.page.evaluate(_ADD, [4000])
    page.page.reload()
    page.page.wait_for_selector("html[data-ready]")
    assert page.page.evaluate(_IDS) == ["old-2", "old-4000"]
