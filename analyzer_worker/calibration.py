"""From the logits of three labels to probabilities that mean what they say.

probability = softmax(logits / temperature + (0, neutral_bias, 0)).
Source: temperature scaling, with one bias as in vector scaling (Guo et al. 2017, arXiv 1706.04599).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analyzer_worker.label_map import Floats

FILE_NAME = "calibration.json"
_NEUTRAL = 1
_TEMPERATURES = [float(t) for t in np.geomspace(0.3, 8, 330)]
"""Candidates, each 1 % above the one before."""
_BIASES = [float(b) for b in np.linspace(-4, 4, 401)]


@dataclass(frozen=True)
class Calibration:
    """Fitted for the embedded model, and by `python -m analyzer_worker.models calibrate` for others; else assumed."""

    temperature: float = 1.0
    """All logits are divided by it."""
    neutral_bias: float = 0.0
    """Then this is added to the logit of NEUTRAL."""

    @classmethod
    def of_folder(cls, folder: Path) -> Calibration | None:
        """The calibration that lies beside a model's weights; None where there is none."""
        path = folder / FILE_NAME
        return cls(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None

    def save(self, folder: Path) -> None:
        """Write the calibration beside the weights in `folder`."""
        text = json.dumps({"temperature": round(self.temperature, 4), "neutral_bias": round(self.neutral_bias, 4)})
        (folder / FILE_NAME).write_text(text + "\n", encoding="utf-8")

    def probabilities(self, logits: Floats) -> Floats:
        """Logits, float64 [rows, 3] in the order of LABELS → probabilities of the same shape; each row adds up to 1."""
        scaled = logits / self.temperature + np.array([0.0, self.neutral_bias, 0.0])
        shifted = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
        result: Floats = shifted / shifted.sum(axis=-1, keepdims=True)
        return result


ASSUMED_FOR_TWO = Calibration(temperature=2.5, neutral_bias=-0.2)
"""For models of two labels without a calibration of their own: NEUTRAL where neither of the two has P = 0.69."""
ASSUMED_FOR_THREE = Calibration()
"""For models of three labels without a calibration of their own."""


def fit(logits: Floats, labels: NDArray[np.int64], neutral_bias: float = 0.0) -> Calibration:
    """Fit the temperature by the log-loss of positive against negative, then the bias by that of all three labels.

    Args:
        logits: float64 [texts, 3] in the order of LABELS.
        labels: int64 [texts]: indices of LABELS. Some must be positive or negative.
        neutral_bias: taken where no label is NEUTRAL, for then it cannot be fitted.
    """
    clear = labels != _NEUTRAL

    def log_loss(calibration: Calibration, rows: NDArray[np.bool_], columns: list[int]) -> float:
        probabilities = calibration.probabilities(logits[rows])
        chosen = probabilities[np.arange(rows.sum()), labels[rows]] / probabilities[:, columns].sum(axis=-1)
        return float(-np.log(np.clip(chosen, 1e-9, 1)).mean())

    temperature = min(_TEMPERATURES, key=lambda t: log_loss(Calibration(t), clear, [0, 2]))
    if clear.all():
        return Calibration(temperature, neutral_bias)
    every = np.ones_like(clear)
    return Calibration(temperature, min(_BIASES, key=lambda b: log_loss(Calibration(temperature, b), every, [0, 1, 2])))
