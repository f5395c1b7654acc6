"""From a model's raw logits to honest probabilities of three labels.

probability = softmax(logits / temperature + (0, neutral_bias, 0)), as in vector scaling (arXiv 1706.04599). A model
of two labels gets a third logit of 0 between its two, centred ones, so that it abstains around indecision as ours does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wta.errors import ModelError

Floats = NDArray[np.float64]
LABELS = ("NEGATIVE", "NEUTRAL", "POSITIVE")
FILE_NAME = "calibration.json"
LEAST = 0.5
"""A feeling is named where it is more probable than this."""
SURE_LOGPROB = -0.3
DOUBT_WEIGHT = 0.5
_SYNONYMS = {
    "NEGATIVE": {"negative", "neg", "bad", "label_0", "0", "1 star", "2 stars", "very negative", "anger", "annoyance",
                 "disgust", "sadness", "fear", "disappointment", "grief", "disapproval", "remorse", "embarrassment",
                 "nervousness"},
    "NEUTRAL": {"neutral", "neu", "mixed", "3 stars", "surprise", "confusion", "curiosity", "realization"},
    "POSITIVE": {"positive", "pos", "good", "4 stars", "5 stars", "very positive", "joy", "love", "admiration",
                 "amusement", "approval", "caring", "excitement", "gratitude", "optimism", "pride", "relief",
                 "desire", "happy"},
}  # fmt: skip


@dataclass(frozen=True)
class Calibration:
    """Fitted by `python -m training.export` for the embedded model, assumed for others (docs/sentiment.md)."""

    temperature: float = 1.0
    neutral_bias: float = 0.0

    @classmethod
    def of_folder(cls, folder: Path) -> Calibration | None:
        """What lies beside a model's weights, or None."""
        path = folder / FILE_NAME
        return cls(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None

    def save(self, folder: Path) -> None:
        text = json.dumps({"temperature": round(self.temperature, 4), "neutral_bias": round(self.neutral_bias, 4)})
        (folder / FILE_NAME).write_text(text + "\n", encoding="utf-8")

    def probabilities(self, logits: Floats) -> Floats:
        """float64 [rows, 3] in the order of LABELS → the same shape, each row of sum 1."""
        scaled = logits / self.temperature + np.array([0.0, self.neutral_bias, 0.0])
        shifted = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
        result: Floats = shifted / shifted.sum(axis=-1, keepdims=True)
        return result


def decided(probabilities: Floats, least: Floats | float = LEAST) -> NDArray[np.intp]:
    """[rows, 3] → [rows], places in LABELS: POSITIVE or NEGATIVE where more probable than `least`, else NEUTRAL.

    least: one for all or one a row, a half or more. With a half this is the median of the three, which lie in order: it
        errs least where taking POSITIVE for NEGATIVE counts twice.
    """
    sure = probabilities > np.asarray(least)[..., None]
    return 1 + sure[..., 2].astype(np.intp) - sure[..., 0]


def least_probability(avg_logprob: float | None) -> float:
    """What a feeling's probability must exceed, where the recogniser was so sure of the words; None: they were typed.

    avg_logprob: mean natural log-probability of the text's tokens. Chosen on held sentences (docs/sentiment.md).
    """
    return LEAST + DOUBT_WEIGHT * max(0.0, SURE_LOGPROB - (avg_logprob if avg_logprob is not None else 0.0))


ASSUMED_FOR_TWO = Calibration(temperature=2.5, neutral_bias=-0.2)
"""For models of two labels without a calibration of their own: NEUTRAL where neither of the two has P = 0.69."""
ASSUMED_FOR_THREE = Calibration()


class LabelMap:
    """Turns the logits of any sequence-classification model into those of LABELS."""

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

    def __call__(self, logits: Floats) -> Floats:
        """float64 [rows, model's labels] → float64 [rows, 3]; several labels of one kind are added up."""
        groups = [logits[:, columns] for columns in self._columns.values() if columns]
        summed = np.stack([np.logaddexp.reduce(group, axis=-1) for group in groups], axis=-1)
        if self.has_neutral:
            return summed
        half = (summed[:, 1] - summed[:, 0]) / 2
        result: Floats = np.stack([-half, np.zeros_like(half), half], axis=-1)
        return result
