"""A baseline that has learned nothing: VADER adds up the feelings of words in a list, with rules for "not" and "very".

Hutto and Gilbert 2014. It is in `requirements-bench.txt`, and is left out where that is not installed.
"""

from __future__ import annotations

import importlib

import numpy as np

from analyzer_worker.models.labelled_texts import Labels

_CLEAR = 0.05
"""From this sum on, on a scale to 1, its authors call a text positive or negative."""


def labels_of(texts: list[str]) -> Labels | None:
    """VADER's label of each text, int64 [texts]; None where VADER is not installed."""
    try:
        vader = importlib.import_module("vaderSentiment.vaderSentiment").SentimentIntensityAnalyzer()
    except ModuleNotFoundError:
        return None
    return from_sums([vader.polarity_scores(text)["compound"] for text in texts])


def from_sums(sums: list[float]) -> Labels:
    """Sums from -1 to 1 → labels [texts]: 0 negative, 1 neutral, 2 positive."""
    values = np.array(sums)
    return 1 + (values >= _CLEAR).astype(np.int64) - (values <= -_CLEAR).astype(np.int64)
