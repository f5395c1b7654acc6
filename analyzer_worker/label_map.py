"""From the labels of any sentiment model to three: NEGATIVE, NEUTRAL, POSITIVE."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from wta.errors import ModelError

Floats = NDArray[np.float64]
LABELS = ("NEGATIVE", "NEUTRAL", "POSITIVE")
"""In the order of columns, everywhere in this package."""
_SYNONYMS = {
    "NEGATIVE": {"negative", "neg", "bad", "label_0", "0", "1 star", "2 stars", "very negative", "anger", "annoyance",
                 "disgust", "sadness", "fear", "disappointment", "grief", "disapproval", "remorse", "embarrassment",
                 "nervousness"},
    "NEUTRAL": {"neutral", "neu", "mixed", "3 stars", "surprise", "confusion", "curiosity", "realization"},
    "POSITIVE": {"positive", "pos", "good", "4 stars", "5 stars", "very positive", "joy", "love", "admiration",
                 "amusement", "approval", "caring", "excitement", "gratitude", "optimism", "pride", "relief",
                 "desire", "happy"},
}  # fmt: skip


class LabelMap:
    """Turns the logits of a sequence-classification model into logits of LABELS.

    A model of two labels gets a third logit of 0 between its two, which are centred, so that it abstains where it is
    undecided, as a model of three labels does.

    Args:
        id2label: the model's labels by column, as its configuration names them. Raises `ModelError` where they cannot
            be mapped.
    """

    def __init__(self, id2label: Mapping[int, str]) -> None:
        names = [re.sub(r"[\s_-]+", " ", id2label[index]).strip().lower() for index in sorted(id2label)]
        if [name.replace(" ", "_") for name in names] == ["label_0", "label_1", "label_2"]:
            names = ["negative", "neutral", "positive"]
        elif [name.replace(" ", "_") for name in names] == ["label_0", "label_1"]:
            names = ["negative", "positive"]
        self._columns = {label: [i for i, n in enumerate(names) if n in _SYNONYMS[label]] for label in LABELS}
        if not self._columns["NEGATIVE"] or not self._columns["POSITIVE"]:
            known = ", ".join(id2label[index] for index in sorted(id2label))
            raise ModelError(f"The labels of this sentiment model cannot be mapped to {', '.join(LABELS)}: {known}.")
        self.has_neutral = bool(self._columns["NEUTRAL"])
        """Whether the model itself has a label of that meaning."""

    def __call__(self, logits: Floats) -> Floats:
        """float64 [rows, model's labels] → float64 [rows, 3]; several labels of one meaning are added up."""
        groups = [logits[:, columns] for columns in self._columns.values() if columns]
        summed = np.stack([np.logaddexp.reduce(group, axis=-1) for group in groups], axis=-1)
        if self.has_neutral:
            return summed
        half = (summed[:, 1] - summed[:, 0]) / 2
        result: Floats = np.stack([-half, np.zeros_like(half), half], axis=-1)
        return result
