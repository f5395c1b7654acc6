"""The trend of a talk; the cases are the page's too (tests/browser/test_mood.py)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastapi_service.results.summary import summarize
from wta.ledger import Utterance
from wta.messages import Label
from wta.mood import SPAN, Mood, Trend
from wta.names import Stage

CASES = json.loads((Path(__file__).parents[1] / "golden" / "mood.json").read_text(encoding="utf-8"))
SENTENCES = st.tuples(st.sampled_from([None, *Label]), st.floats(0.34, 1))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_levels_and_trend_are_those_of_the_formula(case: dict[str, Any]) -> None:
    mood, levels = Mood(), []
    for label, score in case["moods"]:
        mood.add(Label(label) if label else None, score)
        levels += [mood.level] if label else []
    assert levels == pytest.approx(case["levels"], abs=1e-6)
    assert mood.trend == case["trend"]


@given(st.lists(SENTENCES))
def test_the_level_stays_within_its_bounds(sentences: list[tuple[Label | None, float]]) -> None:
    mood = Mood()
    for sentence in sentences:
        mood.add(*sentence)
    assert mood.level is None or -1 <= mood.level <= 1


@given(st.lists(SENTENCES, min_size=1))
def test_a_talk_turned_round_turns_the_trend_round(sentences: list[tuple[Label | None, float]]) -> None:
    other = {Label.POSITIVE: Label.NEGATIVE, Label.NEGATIVE: Label.POSITIVE}
    one, mirrored = Mood(), Mood()
    for label, score in sentences:
        one.add(label, score)
        mirrored.add(other.get(label, label) if label else None, score)
    opposite = {Trend.UP: Trend.DOWN, Trend.DOWN: Trend.UP, Trend.FLAT: Trend.FLAT}
    assert mirrored.trend is opposite[one.trend]


def test_long_steady_talk_of_one_mood_is_flat() -> None:
    mood = Mood()
    for _ in range(SPAN + 1):
        mood.add(Label.POSITIVE, 0.9)
    assert mood.trend is Trend.FLAT and mood.level == pytest.approx(0.9)


def utterance(seq: int, label: Label | None) -> Utterance:
    return Utterance(f"s:{seq}", Stage.DONE, 0, 1, "t", text="words", label=label, score=0.9 if label else None)


def test_the_summary_follows_the_order_of_speech_not_of_answers() -> None:
    said = [utterance(3, Label.NEGATIVE), utterance(1, Label.POSITIVE), utterance(2, None)]
    summary = summarize(said)
    assert (summary.trend, summary.mood) == ("DOWN", pytest.approx(0.27))


def test_the_summary_of_a_talk_without_sentiment_has_no_mood() -> None:
    assert (summarize([utterance(1, None)]).mood, summarize([]).trend) == (None, None)
