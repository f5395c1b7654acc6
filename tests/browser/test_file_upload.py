"""Recordings instead of a microphone: a real browser and the whole real system."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.browser.support.accessibility import violations
from tests.browser.support.broken_line import BrokenLine
from tests.browser.support.files import SENTENCES, choose, drag, let_go, spoken
from tests.browser.support.listener_page import ListenerPage, OpenPage
from tests.support.processes import ROOT
from tests.support.speech import espeak
from tests.support.stack import Stack
from tests.support.wait import wait_until
from wta import names

_ANSWER_S = 90.0
_PICTURES = ROOT / "tests" / "output"


@pytest.fixture
def page(stack: Stack, open_page: OpenPage, hum: Path) -> ListenerPage:
    return open_page(stack.http_url, hum, bypass_csp=True)


@pytest.fixture
def line(stack: Stack) -> Iterator[BrokenLine]:
    line = BrokenLine(stack.port)
    yield line
    line.close()


def wait_file(page: ListenerPage, state: str, number: int = 1) -> str:
    """What the line of the `number`th talk says when its file is in this state."""
    line = page.page.wait_for_selector(f".talk:nth-child({number}) .file[data-state={state}]", timeout=_ANSWER_S * 1000)
    assert line is not None
    return line.inner_text()


@pytest.mark.parametrize("kind", ["mp3", "m4a", "webm"])
def test_a_chosen_file_becomes_cards(page: ListenerPage, tmp_path: Path, kind: str) -> None:
    choose(page, spoken(tmp_path, *SENTENCES, name=f"talk.{kind}"))
    assert "3 sentences" in wait_file(page, "done")
    assert page.page.inner_text(".talk-title") == f"talk.{kind}"
    words = page.words().lower()
    assert "music" in words and "train" in words and "river" in words
    assert len(page.moods()) == 3 == page.settled.count()
    assert page.page.locator("#ribbon rect").count() == 3 and page.page.inner_text("[data-stat=words]") != "0"
    assert violations(page) == [] and page.complaints == []


def test_a_file_is_dropped_and_more_wait_for_their_turn(page: ListenerPage, tmp_path: Path) -> None:
    # Given a page over which somebody holds a file
    drag(page, spoken(tmp_path, *SENTENCES, name="dropped.wav"), "audio/wav")
    page.page.wait_for_selector("#drop:visible")

    # When it is let go, and another one chosen at once
    let_go(page)
    assert page.page.is_hidden("#drop")
    page.page.wait_for_selector(".talk .file")
    choose(page, spoken(tmp_path, SENTENCES[0], name="second.flac"))

    # Expect both to be written down, one after the other
    assert "turn" in wait_file(page, "queued", 2)
    wait_file(page, "done", 1)
    wait_file(page, "done", 2)
    assert page.page.locator(".talk-title").all_inner_texts() == ["dropped.wav", "second.flac"]
    assert "music" in page.page.inner_text(".talk:nth-child(2) .cards")
    assert page.complaints == []


def test_what_is_no_audio_is_refused_in_words(page: ListenerPage, tmp_path: Path) -> None:
    # When three files are chosen that are no audio
    files = {"letter.pdf": b"%PDF-1.7", "empty.mp3": b"", "junk.wav": b"this is no sound" * 100}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    choose(page, *[tmp_path / name for name in files])
    # Expect each to be refused with its own reason, on the page and read out
    said = [wait_file(page, "failed", number) for number in (1, 2, 3)]
    assert "no audio file" in said[0] and "empty" in said[1] and "finds no audio" in said[2]
    assert violations(page) == []
    wait_until(lambda: "junk.wav" in page.page.inner_text("#announcer"), 10, "not read out")
    # When they are put away, expect an empty page
    for _ in files:
        page.page.click(".file-close:visible")
    assert page.page.locator(".talk").count() == 0 and page.page.is_visible("#empty")
    assert page.complaints == []


def test_cancel_ends_the_work_on_the_server(page: ListenerPage, stack: Stack, tmp_path: Path) -> None:
    # Given a long file in work
    choose(page, spoken(tmp_path, *SENTENCES, name="long.flac", times=40))
    page.page.wait_for_selector(".card[data-state=settled]", timeout=_ANSWER_S * 1000)
    assert violations(page) == []
    # When it is cancelled by keyboard
    page.page.focus(".file-cancel")
    page.page.keyboard.press("Enter")

    # Expect the work to end, and every card that was begun to be finished
    assert "stays" in wait_file(page, "cancelled")
    client = stack.client()
    wait_until(lambda: client.zcard(names.PENDING) == 0, _ANSWER_S, "the work goes on")
    wait_until(lambda: page.cards.count() == page.settled.count() == len(page.moods()), _ANSWER_S, "cards wait")
    assert 0 < page.cards.count() < 120
    assert page.complaints == []


def test_a_page_loaded_again_goes_on_with_the_file(page: ListenerPage, tmp_path: Path) -> None:
    choose(page, spoken(tmp_path, *SENTENCES, name="long.flac", times=8))
    page.page.wait_for_selector(".card[data-mood]", timeout=_ANSWER_S * 1000)
    page.page.reload()
    page.page.wait_for_selector("html[data-ready]")

    assert "24 sentences" in wait_file(page, "done")
    assert page.page.inner_text(".talk-title") == "long.flac"
    assert [card.get_attribute("data-seq") for card in page.settled.all()] == [str(n) for n in range(1, 25)]


def test_a_broken_line_costs_nothing(line: BrokenLine, open_page: OpenPage, hum: Path, tmp_path: Path) -> None:
    page = open_page(line.url, hum)
    choose(page, spoken(tmp_path, *SENTENCES, name="long.flac", times=4))
    page.page.wait_for_selector(".card[data-mood]", timeout=_ANSWER_S * 1000)
    line.cut()
    assert "12 sentences" in wait_file(page, "done")


def test_a_restart_of_the_server_is_said_and_the_file_goes_on(
    open_page: OpenPage, hum: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A system of its own, since its web service is killed."""
    stack = Stack(tmp_path_factory.mktemp("restarted"))
    try:
        # Given a long file in work
        stack.start()
        page = open_page(stack.http_url, hum)
        choose(page, spoken(tmp_path, *SENTENCES, name="long.flac", times=30))
        page.page.wait_for_selector(".card[data-mood]", timeout=_ANSWER_S * 1000)
        before = page.settled.count()
        # When the web service dies and comes back
        stack.kill("web")
        stack.processes["web"].start()
        stack.wait_ready()
        # Expect every sentence once, a word about it, and no file left behind
        assert "90 sentences" in wait_file(page, "done")
        assert before < 90 and "goes on where it was" in page.page.inner_text(".note")
        assert len({card.get_attribute("data-seq") for card in page.settled.all()}) == 90
        uploads = stack.folder / "run" / "uploads"
        assert not list(uploads.iterdir())
    finally:
        stack.stop()


_CANCEL_IS_FREE = """() => {
    const behind = document.querySelector("#behind");
    behind.textContent = "The server is 21 s behind";
    behind.hidden = false;
    document.documentElement.scrollTop = document.querySelector(".messages").offsetTop + 400;
    const button = document.querySelector(".file-cancel");
    const { x, y, width, height } = button.getBoundingClientRect();
    return button.contains(document.elementFromPoint(x + width / 2, y + height / 2));
}"""
"""Whether the button can be reached when the server is behind and the page is scrolled."""


def test_who_speaks_live_is_not_kept_waiting_by_a_file(stack: Stack, open_page: OpenPage, tmp_path: Path) -> None:
    """The live talk stays at the end of the page, and is answered while the file is in work."""
    # Given a long file in work
    live = espeak("The yellow bananas and the green apples are lying on the kitchen table.", tmp_path / "live.wav")
    page = open_page(stack.http_url, live)
    choose(page, spoken(tmp_path, *SENTENCES, name="long.flac", times=60))
    page.page.wait_for_selector(".file[data-state=working]", timeout=_ANSWER_S * 1000)
    # When somebody speaks
    page.toggle()
    # Expect an answer while the file is in work, and its button to be free
    live_card = page.page.wait_for_selector(".talk:last-child .card[data-mood]", timeout=_ANSWER_S * 1000)
    assert live_card is not None and "apples" in live_card.inner_text()
    assert page.page.locator(".file[data-state=working]").count() == 1, "the file was done before: make it longer"
    page.toggle()
    assert page.page.evaluate(_CANCEL_IS_FREE), "a message lies on the file's button"
    page.page.click(".file-cancel")
    wait_file(page, "cancelled")


def test_a_sentence_that_a_reload_cut_off_is_fetched(stack: Stack, open_page: OpenPage, tmp_path: Path) -> None:
    words = "The yellow bananas and the green apples are lying on the kitchen table of my old neighbour next door"
    page = open_page(stack.http_url, espeak(words, tmp_path / "live.wav"))
    page.toggle()
    page.page.wait_for_selector(".card[data-state=speaking] :is(.solid, .pale):has-text('yellow')", timeout=60_000)
    page.page.reload()
    page.page.wait_for_selector("html[data-ready]")
    page.page.wait_for_selector(".card[data-mood]", timeout=_ANSWER_S * 1000)
    assert "yellow" in page.words()


def test_pictures_of_files(page: ListenerPage, tmp_path: Path) -> None:
    _PICTURES.mkdir(parents=True, exist_ok=True)
    page.page.screenshot(path=_PICTURES / "files-empty.png")
    choose(page, spoken(tmp_path, *SENTENCES, name="A lecture about rivers and trains.flac", times=20))
    choose(page, spoken(tmp_path, SENTENCES[0], name="second.flac"))
    page.page.wait_for_selector(".card[data-seq='4'][data-mood]", timeout=_ANSWER_S * 1000)
    page.page.screenshot(path=_PICTURES / "files.png")
    page.page.set_viewport_size({"width": 320, "height": 700})
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 320
    page.page.screenshot(path=_PICTURES / "files-320.png")
    page.page.emulate_media(color_scheme="dark")
    page.page.screenshot(path=_PICTURES / "files-320-dark.png")
    page.page.set_viewport_size({"width": 1180, "height": 820})
    assert violations(page) == []
    page.page.click(".file-cancel >> nth=0")
    wait_file(page, "done", 2)


def test_a_large_file_is_refused_before_it_is_sent(
    open_page: OpenPage, hum: Path, tmp_path: Path, stack: Stack
) -> None:
    script = """const real = globalThis.fetch;
    globalThis.fetch = async (...args) => {
      const answer = await real(...args);
      if (!String(args[0]).includes("api/config")) return answer;
      return new Response(JSON.stringify({ ...(await answer.json()), max_file_bytes: 1000 }), { status: 200 });
    };"""
    page = open_page(stack.http_url, hum, script=script)
    choose(page, spoken(tmp_path, SENTENCES[0]))
    assert "at most 1 kB" in wait_file(page, "failed")
    assert httpx.get(f"{stack.http_url}/api/config").json()["max_file_bytes"] > 1000
