"""What `python -m benchmarks.speakers` makes and how it judges."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from benchmarks.speakers import conversations
from benchmarks.speakers.recordings import Conversation, Turn
from benchmarks.speakers.scores import Score, equal_error, score

scored = pytest.mark.skipif(
    find_spec("spyder") is None, reason="needs spy-der, which a compiler builds: pip install -r requirements-bench.txt"
)

TURNS = (Turn("ann", 0.0, 4.0), Turn("bob", 5.0, 9.0), Turn("ann", 10.0, 14.0))
TALK = Conversation("talk", np.zeros(16 * 16_000, dtype=np.float32), TURNS)


def _said(*speakers: str) -> list[Turn]:
    return [Turn(name, turn.start_s, turn.end_s) for name, turn in zip(speakers, TURNS, strict=True)]


@scored
def test_names_of_speakers_do_not_matter() -> None:
    found = score(TALK, _said("1", "2", "1"))
    assert (found.der, found.sentences, found.wrong, found.found) == (0.0, 3, 0, 2)


@scored
def test_turn_of_the_wrong_speaker_counts_with_its_length() -> None:
    found = score(TALK, _said("1", "1", "1"))
    assert found.wrong == 1
    assert found.der == pytest.approx(1 / 3)
    assert found.confused_s == pytest.approx(3.5)  # 4 s less the collars


@scored
def test_one_speaker_taken_for_two_is_wrong_once() -> None:
    assert score(TALK, _said("1", "2", "3")).wrong == 1


@scored
def test_turn_left_out_is_missed_and_one_too_many_is_a_false_alarm() -> None:
    assert score(TALK, _said("1", "2", "1")[:2]).missed_s == pytest.approx(3.5)
    assert score(TALK, [*_said("1", "2", "1"), Turn("2", 15.0, 16.0)]).false_alarm_s == pytest.approx(1.0)


@scored
def test_scores_add_up() -> None:
    total = Score()
    total += score(TALK, _said("1", "2", "1"))
    total += score(TALK, _said("1", "1", "1"))
    assert (total.sentences, total.wrong, total.der) == (6, 1, pytest.approx(1 / 6))


def test_equal_error_of_pairs() -> None:
    assert equal_error([0.8, 0.9], [0.1, 0.2]) == 0
    assert equal_error([0.1, 0.9], [0.2, 0.8]) == pytest.approx(0.5)


def test_made_conversation_is_spoken_where_its_reference_says() -> None:
    # Given two readers that are tones with a pause of half a second in the middle
    at = np.arange(3 * 16_000) / 16_000
    open_ = (at < 1.25) | (at > 1.75)
    readers = {
        name: [(open_ * np.sin(2 * np.pi * hz * at)).astype(np.float32)] for name, hz in (("a", 300), ("b", 900))
    }
    # When they talk to each other
    made = conversations.make(readers, ["a", "b"], gaps=True, seconds=30.0, seed=5)
    # Expect tones within the turns, and noise elsewhere, but for what is left of a frame of 10 ms
    loud = np.abs(made.audio) > 0.01
    spoken = np.zeros(len(made.audio), dtype=bool)
    for turn in made.turns:
        spoken[round(turn.start_s * 16_000) : round(turn.end_s * 16_000)] = True
    assert (loud & ~spoken).sum() <= 160 * len(made.turns)
    assert loud[spoken].mean() > 0.9
    # And the same seed to make the same conversation
    again = conversations.make(readers, ["a", "b"], gaps=True, seconds=30.0, seed=5)
    assert made.turns == again.turns and np.array_equal(made.audio, again.audio)
