"""Computes ratios with their uncertainty, word error rates and percentiles."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import cache
from typing import Any

import jiwer
import numpy as np
from whisper.normalizers import EnglishTextNormalizer

from benchmarks.speech.recordings import Recording, Utterance

_RESAMPLES = 10_000


def ratio(theirs_s: Sequence[float], ours_s: Sequence[float]) -> dict[str, Any]:
    """The geometric mean of how many times sooner we are on the same utterances, with a bootstrap 95 % interval."""
    logs = np.log(np.array(theirs_s) / np.array(ours_s))
    rng = np.random.default_rng(0)
    means = rng.choice(logs, (_RESAMPLES, len(logs))).mean(axis=1)
    low, high = np.exp(np.percentile(means, [2.5, 97.5]))
    each = np.exp(logs)
    return {
        "geomean": round(float(np.exp(logs.mean())), 2),
        "ci95": [round(float(low), 2), round(float(high), 2)],
        "min": round(float(each.min()), 2),
        "max": round(float(each.max()), 2),
        "utterances": len(logs),
    }


def word_error_rate(recordings: Sequence[Recording], said: Sequence[Utterance], texts: Sequence[str]) -> float | None:
    """The word error rate in percent, after openai-whisper's English normalisation.

    It is taken over the recordings whose words are known, and the texts of a recording's utterances are joined. None
    where no recording has a reference.
    """
    by_name = {name: [t for _, t in group] for name, group in itertools.groupby(
        zip((u.recording for u in said), texts, strict=True), key=lambda pair: pair[0])}  # fmt: skip
    known = [(r.text, " ".join(by_name[r.name])) for r in recordings if r.text and r.name in by_name]
    if not known:
        return None
    references, heard = zip(*known, strict=True)
    return round(100 * float(jiwer.wer([plain(r) for r in references], [plain(h) for h in heard])), 2)


def difference(theirs: Sequence[str], ours: Sequence[str]) -> float:
    """Words that differ between two systems, in percent. It needs no reference, so that every recording counts."""
    return round(100 * float(jiwer.wer([plain(t) or "-" for t in theirs], [plain(o) or "-" for o in ours])), 2)


def percentiles_ms(seconds: Sequence[float]) -> dict[str, int | None]:
    """The 50th and 95th percentile in ms; None where nothing was measured."""
    if not seconds:
        return {"p50": None, "p95": None}
    p50, p95 = np.percentile(seconds, [50, 95])
    return {"p50": round(1000 * float(p50)), "p95": round(1000 * float(p95))}


def plain(text: str) -> str:
    """`text` after openai-whisper's English normalisation."""
    normalized: str = _normalizer()(text)
    return normalized


@cache
def _normalizer() -> EnglishTextNormalizer:
    return EnglishTextNormalizer()
