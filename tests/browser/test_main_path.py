"""Somebody opens the page and speaks: a real browser, a recording as its microphone, and the whole real system."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.browser.support.broken_line import BrokenLine
from tests.browser.support.listener_page import ListenerPage, OpenPage
from tests.support.processes import ROOT
from tests.support.speech import Clip, espeak, recorded_clips, word_error_rate, write_padded
from tests.support.stack import Stack
from tests.support.wait import wait_until

_ANSWER_S = 60.0
_PICTURES = ROOT / "tests" / "output"
_MOODS = {"POSITIVE", "NEGATIVE", "NEUTRAL"}


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    return sorted(recorded_clips(tmp_path_factory.mktemp("clips")), key=lambda clip: clip.path.name)


@pytest.fixture(scope="module")
def speech(clips: list[Clip]) -> Clip:
    """One voice with some seconds to say: Kennedy's where his is there."""
    return next((clip for clip in clips if clip.path.stem == "jfk"), clips[-1])


@pytest.fixture
def line(stack: Stack) -> Iterator[BrokenLine]:
    line = BrokenLine(stack.port)
    yield line
    line.close()


def as_microphone(clip: Clip, folder: Path, rate_hz: int = 48_000) -> Path:
    wav = folder / f"{clip.path.stem}-{rate_hz}.wav"
    write_padded(clip.path, wav, rate_hz, before_s=1.5, after_s=3.0)
    return wav


def heard_to_the_end(page: ListenerPage, clip: Clip) -> bool:
    """Whether as many words have settled as were spoken, give or take one."""
    return len(page.words().split()) >= len(clip.text.split()) - 1


def finish(page: ListenerPage) -> None:
    page.toggle()
    page.wait_state("done", _ANSWER_S)


@pytest.mark.parametrize("worklet", [True, False], ids=["worklet", "script-processor"])
@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
def test_spoken_words_appear_with_their_sentiment(
    stack: Stack, open_page: OpenPage, speech: Clip, tmp_path: Path, rate_hz: int, worklet: bool
) -> None:
    # Given a page whose sound card has this rate, and a browser with or without AudioWorklet
    page = open_page(stack.http_url, as_microphone(speech, tmp_path, rate_hz), rate_hz=rate_hz, worklet=worklet)

    # When somebody presses Start, speaks and presses Stop
    page.toggle()
    wait_until(lambda: heard_to_the_end(page, speech), _ANSWER_S, "the words did not appear")
    finish(page)

    # Expect the page to have captured in this way, and to show what was said, each sentence with its mood
    assert page.page.get_attribute("html", "data-capture") == ("worklet" if worklet else "script-processor")
    assert page.page.inner_text("#rate") == f"Microphone at {rate_hz / 1000:g} kHz"
    assert word_error_rate([speech.text], [page.words()]) <= 20
    assert page.cards.count() == page.settled.count() == len(page.moods())
    assert set(page.moods()) <= _MOODS
    assert page.complaints == []


def test_words_have_their_times_where_the_reader_asks_for_them(
    stack: Stack, open_page: OpenPage, speech: Clip, tmp_path: Path
) -> None:
    # Given a reader who has asked for the times of words
    page = open_page(stack.http_url, as_microphone(speech, tmp_path))
    page.page.click("#settings-open")
    assert "understands English only" in page.page.inner_text("#settings-only")
    page.page.check("#settings-words")
    page.page.click("#settings-done")
    # When somebody speaks
    page.toggle()
    page.page.wait_for_selector(".card[data-mood]", timeout=_ANSWER_S * 1000)
    # Expect them in the details
    page.page.locator(".card[data-mood] summary").first.click()
    timed = page.page.wait_for_selector(".details-part:has-text('Words')").inner_text()  # type: ignore[union-attr]
    first = page.page.locator(".card[data-mood] .card-text").first.inner_text().split()[0]
    assert first in timed and " s" in timed
    finish(page)
    assert page.complaints == []


_LONG_SENTENCE = (
    "Yesterday my neighbour told me that the old bridge behind the station will be closed for the whole summer "
    "because the workers want to paint it and to replace the wooden steps that lead down to the river"
)


def test_live_words_come_before_the_sentence_has_ended(stack: Stack, open_page: OpenPage, tmp_path: Path) -> None:
    # When somebody speaks a long sentence
    page = open_page(stack.http_url, espeak(_LONG_SENTENCE, tmp_path / "long.wav"))

    page.toggle()

    # Expect three words of it before it has ended
    live = ".card[data-state=speaking] .card-text :is(.solid, .pale):not(:empty)"
    wait_until(
        lambda: len(" ".join(page.page.locator(live).all_inner_texts()).split()) >= 3, _ANSWER_S, "no live words"
    )
    finish(page)
    assert page.settled.count() >= 1


def test_two_speakers_at_once_see_only_their_own_words(stack: Stack, open_page: OpenPage, tmp_path: Path) -> None:
    # Given two browsers whose microphones hear different sentences
    said = {
        "fruit": "The yellow bananas and the green apples are lying on the kitchen table.",
        "travel": "Our train leaves from platform seven and arrives in London before midnight.",
    }
    pages = {topic: open_page(stack.http_url, espeak(text, tmp_path / f"{topic}.wav")) for topic, text in said.items()}

    # When both speak at the same time
    for page in pages.values():
        page.toggle()
    for topic, page in pages.items():
        wait_until(lambda p=page, t=topic: heard_to_the_end(p, Clip(Path(), said[t])), _ANSWER_S, f"{topic}: no words")
    for page in pages.values():
        finish(page)

    # Expect each to have its own words and none of the other's
    fruit, travel = (pages[topic].words().lower() for topic in ("fruit", "travel"))
    assert "apples" in fruit and "london" not in fruit and "train" not in fruit
    assert "london" in travel and "apples" not in travel and "bananas" not in travel


def test_a_connection_cut_in_mid_sentence_costs_no_word(
    line: BrokenLine, open_page: OpenPage, speech: Clip, tmp_path: Path
) -> None:
    # Given somebody in mid-sentence
    page = open_page(line.url, as_microphone(speech, tmp_path))
    page.toggle()
    page.page.wait_for_selector(".card[data-state=speaking]", timeout=_ANSWER_S * 1000)

    # When the connection is cut
    line.cut()

    page.wait_state("waiting")
    # Expect the words of the whole talk, in one talk
    wait_until(lambda: heard_to_the_end(page, speech), _ANSWER_S, "the words did not appear")
    finish(page)
    assert word_error_rate([speech.text], [page.words()]) <= 20
    assert page.cards.count() == page.settled.count() == len(page.moods())
    assert page.page.locator(".talk").count() == 1


def test_what_was_said_before_stays_when_somebody_starts_again(
    stack: Stack, open_page: OpenPage, speech: Clip, tmp_path: Path
) -> None:
    page = open_page(stack.http_url, as_microphone(speech, tmp_path))
    for number in (1, 2):
        page.toggle()
        page.page.wait_for_selector(f".talk:nth-child({number}) .card[data-state=settled]", timeout=_ANSWER_S * 1000)
        finish(page)

    talks = page.page.locator(".talk")
    assert talks.count() == 2
    assert all(talk.locator(".card[data-state=settled]").count() >= 1 for talk in talks.all())


_STORY = [
    "I have been looking forward to this evening all week.",
    "Then the train was late again, and nobody told us anything. It was terrible.",
    "The concert takes place in the old town hall.",
    "The music was wonderful, and I enjoyed every minute of it.",
    "We walked home along the river.",
]


def test_pictures_of_the_page(stack: Stack, open_page: OpenPage, tmp_path: Path) -> None:
    """Kept in tests/output; `WTA_UPDATE_PICTURES=1` renews the one of the README too."""
    parts = [soundfile.read(espeak(text, tmp_path / f"{n}.wav"))[0] for n, text in enumerate(_STORY)]
    # A room is never quite silent, and stays so when the story is over.
    story = np.concatenate([*parts, np.zeros(120 * 48_000)])
    story += np.random.default_rng(1).normal(0, 0.001, len(story))
    soundfile.write(tmp_path / "story.wav", story.clip(-1, 1), 48_000, "PCM_16")
    page = open_page(stack.http_url, tmp_path / "story.wav")
    page.toggle()
    wait_until(lambda: len(page.moods()) >= len(_STORY), _ANSWER_S, "not every sentence has its mood")

    _PICTURES.mkdir(parents=True, exist_ok=True)
    picture = page.page.screenshot(path=_PICTURES / "page.png")
    page.page.set_viewport_size({"width": 390, "height": 844})
    page.page.screenshot(path=_PICTURES / "page-phone.png")
    # A phone's page is as wide as the phone: nothing to push sideways.
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
    page.page.emulate_media(color_scheme="dark")
    page.page.screenshot(path=_PICTURES / "page-phone-dark.png")
    finish(page)

    if os.environ.get("WTA_UPDATE_PICTURES"):
        target = ROOT / "docs" / "images" / "page.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(picture)
