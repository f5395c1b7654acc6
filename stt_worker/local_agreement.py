"""Which words of a changing hypothesis may be shown as stable.

LocalAgreement-2: a word is stable once two hypotheses in a row are alike up to it. In a script without spaces, such as
Chinese, Japanese or Thai, each character is a word here (wta/words.py).
Source: Liu et al. 2020. Used for Whisper by Macháček et al. 2023, "Turning Whisper into real-time transcription
system".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from wta.words import PUNCTUATION, bare, joined, pieces


class LocalAgreement:
    """The hypotheses of one utterance so far. A stable word is never taken back.

    Args:
        stable: the words that are stable already.
        pending: the words of the last hypothesis that come after them.
    """

    def __init__(self, stable: Sequence[str] = (), pending: Sequence[str] = ()) -> None:
        self._stable = list(stable)
        self._pending = list(pending)

    @classmethod
    def from_state(cls, state: Mapping[str, Any] | None) -> LocalAgreement:
        """The agreement that `to_state` described; None starts a new utterance."""
        return cls() if state is None else cls(state["stable"], state["pending"])

    def to_state(self) -> dict[str, list[str]]:
        """The whole state, fit for JSON, because another process may make the next hypothesis."""
        return {"stable": self._stable, "pending": self._pending}

    def update(self, text: str) -> tuple[str, int]:
        """Add a hypothesis. Returns the text to show, and how many of its first characters are stable.

        The stable characters of one call begin the text of every later call. An empty hypothesis, where no speech was
        heard yet, changes nothing.
        """
        words = pieces(text)
        if words:
            split = _reached(self._stable, words)
            self._adopt_punctuation(words[split - 1] if split else "")
            fresh = words[split:]
            agreed = sum(1 for _ in takewhile(_alike, zip(self._pending, fresh, strict=False)))
            self._stable += fresh[:agreed]
            self._pending = fresh[agreed:]
        # The punctuation after the last stable word may still turn from a full stop into a comma.
        settled = joined(self._stable).rstrip(PUNCTUATION)
        return joined(self._stable + self._pending), len(settled)

    def _adopt_punctuation(self, word: str) -> None:
        settled = self._stable[-1].rstrip(PUNCTUATION) if self._stable else ""
        if settled and word.rstrip(PUNCTUATION) == settled:
            self._stable[-1] = word


def _alike(pair: tuple[str, str]) -> bool:
    return bare(pair[0]) == bare(pair[1])


def _reached(stable: Sequence[str], words: Sequence[str]) -> int:
    """How many words of the hypothesis say what is stable already, by the least edit distance.

    A hypothesis can spell the stable words differently and have one more or one fewer. Counting words would then repeat
    a word or swallow one.
    """
    costs, heard = list(range(len(words) + 1)), [bare(word) for word in words]
    for settled in map(bare, stable):
        previous, costs[0] = costs[0], costs[0] + 1
        for j, word in enumerate(heard, start=1):
            change = previous + (settled != word)
            previous, costs[j] = costs[j], min(change, costs[j] + 1, costs[j - 1] + 1)
    return min(range(len(costs)), key=lambda j: (costs[j], abs(j - len(stable))))
