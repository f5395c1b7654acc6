"""From the logits of three labels to probabilities that mean what they say.

probability = softmax(logits / temperature + (0, neutral_bias, 0)).
Source: temperature scaling, with one bias as in vector scaling (Guo et al. 2017, arXiv 1706.04599).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analyzer_worker.label_map import Floats

FILE_NAME = "calibration.json"


@dataclass(frozen=True)
class Calibration:
    """Fitted by `python -m training.export` for the embedded model, assumed for others (docs/sentiment.md)."""

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
