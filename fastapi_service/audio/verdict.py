"""What the words so far say of a pause: whether the sentence ends there."""

from __future__ import annotations

from enum import Enum, auto


class Verdict(Enum):
    """What is known of a pause. The silence that ends an utterance is longer or shorter by it."""

    UNASKED = auto()
    """Nobody was asked, or whoever was asked cannot tell."""
    AWAITED = auto()
    """The words so far are being written."""
    FINISHED = auto()
    """The words so far look like a whole sentence."""
    UNFINISHED = auto()
    """The words so far look as if more were coming."""

    @property
    def silence(self) -> float:
        """How much silence ends an utterance, as a multiple of the plain endpoint."""
        return _SILENCE[self]


_SILENCE = {Verdict.UNASKED: 1.0, Verdict.AWAITED: 1.5, Verdict.FINISHED: 0.9, Verdict.UNFINISHED: 2.05}
"""AWAITED: the final text cannot come before the words that are being written, so waiting for these costs nothing."""
