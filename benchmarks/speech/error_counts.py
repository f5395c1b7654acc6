"""Counts the errors of texts, by words or by characters, and compares two systems on the same recordings."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jiwer
import numpy as np

from benchmarks.speech.statistics import plain

_RESAMPLES = 10_000


@dataclass(frozen=True, slots=True)
class ErrorCount:
    """The errors in the text of one recording."""

    said: int
    """Words, or characters, of the reference."""
    replaced: int
    lost: int
    added: int

    @property
    def errors(self) -> int:
        """All three kinds of errors."""
        return self.replaced + self.lost + self.added


def words(said: Sequence[str], heard: Sequence[str]) -> list[ErrorCount]:
    """Errors in words, after openai-whisper's English normalisation, for each recording."""
    return [_count(plain(one).split(), plain(other).split()) for one, other in zip(said, heard, strict=True)]


def characters(said: Sequence[str], heard: Sequence[str]) -> list[ErrorCount]:
    """Errors in letters and digits, in lower case, for each recording. Spaces and signs do not count."""
    return [_count(_letters(one), _letters(other)) for one, other in zip(said, heard, strict=True)]


def _letters(text: str) -> list[str]:
    return [c for c in unicodedata.normalize("NFC", text).lower() if c.isalnum()]


def _count(said: list[str], heard: list[str]) -> ErrorCount:
    found = jiwer.process_words(" ".join(said), " ".join(heard))
    return ErrorCount(len(said), found.substitutions, found.deletions, found.insertions)


def compared(ours: Sequence[ErrorCount], theirs: Sequence[ErrorCount]) -> dict[str, Any]:
    """Both error rates in percent, their difference in points with a bootstrap 95 % interval, and what was lost."""
    said = np.array([one.said for one in ours])
    more = np.array([one.errors for one in ours]) - np.array([one.errors for one in theirs])
    picked = np.random.default_rng(0).integers(len(said), size=(_RESAMPLES, len(said)))
    low, high = np.percentile(100 * more[picked].sum(axis=1) / said[picked].sum(axis=1), [2.5, 97.5])
    return {
        "size": int(said.sum()),
        "error_rate": _percent(ours),
        "error_rate_openai_whisper": _percent(theirs),
        "difference": round(100 * float(more.sum()) / float(said.sum()), 2),
        "difference_ci95": [round(float(low), 2), round(float(high), 2)],
        "lost": sum(one.lost for one in ours),
        "lost_openai_whisper": sum(one.lost for one in theirs),
    }


def _percent(counts: Sequence[ErrorCount]) -> float:
    return round(100 * sum(one.errors for one in counts) / sum(one.said for one in counts), 2)
