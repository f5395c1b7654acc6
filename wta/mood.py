"""How a talk goes: a smoothed trend over the moods of its sentences. docs/sentiment.md states the formula.

The page's ribbon computes the same (static/sentences/mood.js); tests/golden/mood.json holds both to it.
"""

from __future__ import annotations

from collections import deque
from enum import StrEnum

from wta.messages import Label

WEIGHT = 0.35
"""Of the newest sentence; the one before it has 0.65 of that, and so on."""
SPAN = 3
"""Sentences over which a change is looked for."""
STEADY = 0.1
"""A smaller change of level than this is none."""


class Trend(StrEnum):
    """Where the mood went lately."""

    UP = "UP"
    DOWN = "DOWN"
    FLAT = "FLAT"


def value_of(label: Label | None, score: float | None) -> float | None:
    """A mood on a line from -1 (surely negative) to 1 (surely positive); None where there is none."""
    if label is None:
        return None
    if label is Label.NEUTRAL:
        return 0.0
    sure = 1.0 if score is None else score
    return sure if label is Label.POSITIVE else -sure


class Mood:
    """The mood of one talk, sentence after sentence; its size does not grow."""

    __slots__ = ("_levels",)

    def __init__(self) -> None:
        self._levels: deque[float] = deque(maxlen=SPAN + 1)

    def add(self, label: Label | None, score: float | None) -> None:
        """Take the next sentence in. One without a label changes nothing."""
        value = value_of(label, score)
        if value is None:
            return
        before = self._levels[-1] if self._levels else value
        self._levels.append(before + WEIGHT * (value - before))

    @property
    def level(self) -> float | None:
        """-1 to 1, after the newest sentence; None before the first."""
        return self._levels[-1] if self._levels else None

    @property
    def trend(self) -> Trend:
        """The level against that of three sentences before, or against the first where there are fewer."""
        change = self._levels[-1] - self._levels[0] if self._levels else 0.0
        if abs(change) < STEADY:
            return Trend.FLAT
        return Trend.UP if change > 0 else Trend.DOWN
