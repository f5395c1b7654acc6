"""Computes how the mood of a talk develops, smoothed over its sentences. docs/sentiment.md states the formula.

The page computes the same (static/sentences/mood.js). tests/golden/mood.json tests both.
"""

from __future__ import annotations

from collections import deque
from enum import StrEnum

from wta.messages import Label

WEIGHT = 0.35
"""The weight of the newest sentence. The one before it weighs 0.65 times as much, and so on."""
SPAN = 3
"""How many sentences back the level is compared to find a trend."""
STEADY = 0.1
"""A smaller change of the level than this counts as no change."""


class Trend(StrEnum):
    """Where the mood went over the last sentences."""

    UP = "UP"
    DOWN = "DOWN"
    FLAT = "FLAT"


def value_of(label: Label | None, score: float | None) -> float | None:
    """The mood of one sentence, from -1 (surely negative) to 1 (surely positive); None where it has no label."""
    if label is None:
        return None
    if label is Label.NEUTRAL:
        return 0.0
    sure = 1.0 if score is None else score
    return sure if label is Label.POSITIVE else -sure


class Mood:
    """The mood of one talk, sentence after sentence. Its size does not grow with the talk."""

    __slots__ = ("_levels",)

    def __init__(self) -> None:
        self._levels: deque[float] = deque(maxlen=SPAN + 1)

    def add(self, label: Label | None, score: float | None) -> None:
        """Add the next sentence. One without a label changes nothing."""
        value = value_of(label, score)
        if value is None:
            return
        before = self._levels[-1] if self._levels else value
        self._levels.append(before + WEIGHT * (value - before))

    @property
    def level(self) -> float | None:
        """The smoothed mood after the newest sentence, from -1 to 1; None before the first sentence."""
        return self._levels[-1] if self._levels else None

    @property
    def trend(self) -> Trend:
        """The level compared with that of SPAN sentences before, or with the first level where there are fewer."""
        change = self._levels[-1] - self._levels[0] if self._levels else 0.0
        if abs(change) < STEADY:
            return Trend.FLAT
        return Trend.UP if change > 0 else Trend.DOWN
