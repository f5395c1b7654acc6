"""Computes how the mood of a talk develops, smoothed over its sentences. docs/sentiment.md states the formula.

The page computes the same (static/sentences/mood.js). tests/golden/mood.json tests both.
"""

from __future__ import annotations

from collections import deque
from enum import StrEnum

from wta.messages import Label

WEIGHT = 0.35
"""The weight of the newest sentence if it has a feeling. The one before it weighs 0.65 times as much, and so on."""
FELT, NEUTRAL = 5, 1
"""Ticks for which a sentence counts: five facts weigh as much as one sentence with a feeling."""
SPAN = 3 * FELT
"""The last ticks in which a trend is looked for: three sentences with a feeling, or fifteen without."""
STEADY = 0.1
"""A smaller change of the level than this counts as none."""


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

    __slots__ = ("_changes", "_clock", "_level")

    def __init__(self) -> None:
        self._level: float | None = None
        self._clock = 0
        self._changes: deque[tuple[int, float]] = deque()  # (clock, what that feeling changed) of the last SPAN ticks

    def add(self, label: Label | None, score: float | None) -> None:
        """Add the next sentence. One without a label changes nothing."""
        value = value_of(label, score)
        if value is None:
            return
        ticks = NEUTRAL if label is Label.NEUTRAL else FELT
        self._clock += ticks
        before = value if self._level is None else self._level
        self._level = before + (1 - (1 - WEIGHT) ** (ticks / FELT)) * (value - before)
        if label is not Label.NEUTRAL:
            self._changes.append((self._clock, self._level - before))
        while self._changes and self._changes[0][0] <= self._clock - SPAN:
            self._changes.popleft()

    @property
    def level(self) -> float | None:
        """The smoothed mood after the newest sentence, from -1 to 1; None before the first sentence."""
        return self._level

    @property
    def trend(self) -> Trend:
        """What the feelings of the last SPAN ticks have changed. Facts calm the level, and that is no trend."""
        change = sum(change for _, change in self._changes)
        if abs(change) < STEADY:
            return Trend.FLAT
        return Trend.UP if change > 0 else Trend.DOWN
