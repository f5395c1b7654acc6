"""Notices speech in another language that an English-only model has written down as English."""

from __future__ import annotations

import math

LEAST_LOGPROB = -1.2
"""Mean log-probability of the tokens below which the text was probably no English (docs/languages.md)."""
_SHORTEST_S = 1.5
"""A short word is often improbable although it is English."""


def sounds_foreign(avg_logprob: float | None, seconds: float) -> bool:
    """Whether a text of an English-only model is probably no English.

    Such a model writes fluent English whatever it hears, but it is not sure of the words.

    Args:
        avg_logprob: mean natural log-probability of the text's tokens; None where the engine does not tell it.
        seconds: length of the speech.
    """
    if avg_logprob is None or not math.isfinite(avg_logprob):
        return False
    return seconds >= _SHORTEST_S and avg_logprob < LEAST_LOGPROB
