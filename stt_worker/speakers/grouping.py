"""Groups utterances by their voices: agglomerative clustering, which does not depend on the order of the utterances.

The cosine of two voices of one speaker grows with the speech behind them. So it is compared with the cosine that one
speaker's voices of these lengths have on average (`likeness`), and a short utterance is not taken for a stranger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from stt_worker.speakers.voice import Vector, Voice, unit

_BEST, _HALF_S = 0.85, 1.1
"""Mean cosine of two voices of one speaker is _BEST · d / (d + _HALF_S) where both have d seconds of speech. Fitted to
0.40, 0.48, 0.56, 0.62 and 0.75 at 1, 1.5, 2, 2.5 and 6 s of 12 readers (docs/speakers.md)."""


@dataclass(slots=True)
class Group:
    """Utterances that are held to be one speaker's."""

    total: Vector
    """Sum of the utterances' directions, each times its seconds of speech: float32 [192]."""
    speech_s: float
    """Seconds of speech that count in `total`."""
    members: list[Voice] = field(default_factory=list)
    speaker: int | None = None
    """Number of the speaker that this group was begun for: two such groups never become one."""

    @classmethod
    def of(cls, voice: Voice, longest_s: float) -> Group:
        """A group of one utterance, of which `longest_s` seconds count at most."""
        counted = min(voice.speech_s, longest_s)
        return cls(voice.direction * np.float32(counted), counted, [voice])

    def take(self, other: Group) -> None:
        """Add the other group to this one."""
        self.total = self.total + other.total
        self.speech_s += other.speech_s
        self.members += other.members
        self.speaker = other.speaker if self.speaker is None else self.speaker


def likeness(groups: Sequence[Group], others: Sequence[Group]) -> NDArray[np.float64]:
    """How like each of the groups is to each of the others: float64 [n_groups, n_others]; 0 strangers, 1 the same."""
    cosine = unit(np.stack([g.total for g in groups])) @ unit(np.stack([g.total for g in others])).T
    found: NDArray[np.float64] = cosine / np.outer(
        *(_reliability(np.array([g.speech_s for g in some])) for some in (groups, others))
    )
    return found


def merge(groups: list[Group], same_likeness: float, most: int | None = None) -> list[Group]:
    """Join the two groups that are most alike, again and again.

    Args:
        same_likeness: groups less alike stay apart.
        most: how many speakers there are, where that is known: more groups than these are joined whatever.
    """
    pairs = _Pairs(groups)
    groups = list(groups)
    while len(groups) > 1:
        first, second, alike = pairs.most_alike()
        too_many = most is not None and len(groups) > most
        if not np.isfinite(alike) or (alike < same_likeness and not too_many):
            break
        groups[first].take(groups.pop(second))
        pairs.join(first, second)
    return groups


class _Pairs:
    """How alike any two of the groups are. It is kept as dot products, which add up where groups are joined."""

    def __init__(self, groups: Sequence[Group]) -> None:
        totals = np.stack([group.total for group in groups]).astype(np.float64) if groups else np.zeros((0, 1))
        self._dots = totals @ totals.T
        self._seconds = np.array([group.speech_s for group in groups])
        self._known = np.array([group.speaker is not None for group in groups], dtype=bool)

    def most_alike(self) -> tuple[int, int, float]:
        """The two groups that are most alike, the earlier one first, and their likeness; -inf where none may join."""
        scale = np.sqrt(self._dots.diagonal()) * _reliability(self._seconds)
        alike = self._dots / np.outer(scale, scale)
        alike[np.outer(self._known, self._known)] = -np.inf
        np.fill_diagonal(alike, -np.inf)
        first, second = sorted(divmod(int(alike.argmax()), len(alike)))
        return first, second, float(alike[first, second])

    def join(self, first: int, second: int) -> None:
        """The second group has become a part of the first."""
        self._dots[first] += self._dots[second]
        self._dots[:, first] += self._dots[:, second]
        self._dots = np.delete(np.delete(self._dots, second, axis=0), second, axis=1)
        self._seconds[first] += self._seconds[second]
        self._known[first] |= self._known[second]
        self._seconds, self._known = np.delete(self._seconds, second), np.delete(self._known, second)


def _reliability(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.sqrt(_BEST * seconds / (seconds + _HALF_S))
    return found
