"""From probabilities of three labels to one label."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analyzer_worker.label_map import Floats

LEAST = 0.5
"""A feeling is named where it is more probable than this, if the text is known for sure."""
SURE_LOGPROB = -0.3
"""Mean log-probability of a text's tokens above which the recogniser counts as sure of it."""
DOUBT_WEIGHT = 0.5
"""How much more probable a feeling must be for each unit of log-probability below that."""


def decide(probabilities: Floats, least: Floats | float = LEAST) -> NDArray[np.intp]:
    """Probabilities, float64 [rows, 3] → indices of LABELS, intp [rows].

    The label is POSITIVE or NEGATIVE where that is more probable than `least`, else NEUTRAL.

    Args:
        least: a half or more, one for all rows or float64 [rows]. With a half the label is the median of the three,
            which lie in order: that errs least where taking POSITIVE for NEGATIVE counts twice.
    """
    sure = probabilities > np.asarray(least)[..., None]
    return 1 + sure[..., 2].astype(np.intp) - sure[..., 0]


def least_probability(avg_logprob: float | None) -> float:
    """The probability that a feeling must exceed, given how sure the recogniser was of the words.

    Args:
        avg_logprob: mean natural log-probability of the text's tokens; None means that the text was typed.

    Source: this project's own rule, chosen on held sentences (docs/adr/sentiment-doubt.md).
    """
    return LEAST + DOUBT_WEIGHT * max(0.0, SURE_LOGPROB - (avg_logprob if avg_logprob is not None else 0.0))
