"""Sentiment of texts: three labels with probabilities that mean what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from transformers.utils import logging as transformers_logging

from analyzer_worker.calibration import (
    ASSUMED_FOR_THREE,
    ASSUMED_FOR_TWO,
    LABELS,
    Calibration,
    Floats,
    LabelMap,
    decided,
    least_probability,
)
from analyzer_worker.compiled import compiled
from analyzer_worker.models import EMBEDDED, ModelFolder, resolve
from analyzer_worker.one_text import OneText
from analyzer_worker.settings import SentimentSettings
from inference.processor import int8_is_possible
from wta.errors import ModelError

MAX_TOKENS = 256
"""Longer texts are cut; 20 s of speech have about 80 tokens."""
MAX_BATCH = 32


@dataclass(frozen=True)
class Sentiment:
    """What one text feels like.

    Attributes:
        label: POSITIVE, NEGATIVE or NEUTRAL.
        score: probability of `label`, 0 to 1.
        scores: probability of each of the three labels; they add up to 1.
        model: the model that said so.
    """

    label: str
    score: float
    scores: dict[str, float]
    model: str


class SentimentClassifier:
    """A sequence-classification model behind the three-way decision.

    Args:
        network: as transformers' Auto classes load it, and `tokenizer` too. Raises ModelError for strange labels.
        calibration: None assumes one.
        int8: matrices in 8 bits and texts one by one, where `network` is a DistilBERT and torch can: several times as
            fast, for a change in accuracy that must have been measured.
    """

    def __init__(
        self, network: Any, tokenizer: Any, name: str, calibration: Calibration | None = None, int8: bool = False
    ) -> None:
        self.model = name
        self.eight_bits = int8 and network.config.model_type == "distilbert" and int8_is_possible()
        """Whether it computes with them, and so text by text."""
        self._forward = compiled(OneText(network) if self.eight_bits else network)
        self._tokenizer = tokenizer
        self._to_three = LabelMap(network.config.id2label)
        self._calibration = calibration or (ASSUMED_FOR_THREE if self._to_three.has_neutral else ASSUMED_FOR_TWO)

    @classmethod
    def load(cls, settings: SentimentSettings) -> SentimentClassifier:
        """Find the model (analyzer_worker.models) and load it. Raises ModelError."""
        folder = resolve(settings)
        torch.set_num_threads(settings.threads)
        return cls.from_folder(folder, int8=settings.int8 and folder.path == EMBEDDED)

    @classmethod
    def from_folder(cls, folder: ModelFolder, int8: bool = False) -> SentimentClassifier:
        """`int8`: see the class. Raises ModelError."""
        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            network = AutoModelForSequenceClassification.from_pretrained(folder.path, local_files_only=True)
            tokenizer = AutoTokenizer.from_pretrained(folder.path, local_files_only=True)
        except Exception as error:  # a folder of somebody's own can fail in any way
            raise ModelError(f"{folder.path} holds no sequence-classification model: {error}") from error
        return cls(network, tokenizer, folder.name, Calibration.of_folder(folder.path), int8)

    def classify(self, texts: list[str], avg_logprobs: Sequence[float | None] | None = None) -> list[Sentiment]:
        """One Sentiment a text, in order. A text without a letter or digit is NEUTRAL, for it says nothing.

        avg_logprobs: how sure the recogniser was of each text (see `least_probability`); without it, sure.
        """
        leasts = map(least_probability, avg_logprobs or [None] * len(texts))
        rows = zip(texts, self.probabilities(texts), leasts, strict=True)
        return [self._sentiment(text, row, least) for text, row, least in rows]

    def probabilities(self, texts: list[str]) -> Floats:
        """float64 [texts, 3] in the order of LABELS."""
        return self._calibration.probabilities(self.logits(texts))

    def logits(self, texts: list[str]) -> Floats:
        """float64 [texts, 3], before calibration. Batches hold texts of like length, padded to their longest."""
        out = np.zeros((len(texts), len(LABELS)))
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        size = 1 if self.eight_bits else MAX_BATCH
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            encoded = self._tokenizer(
                [texts[row] for row in rows], padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt"
            )
            with torch.inference_mode():
                raw = self._forward(encoded["input_ids"], encoded["attention_mask"])
            out[rows] = self._to_three(raw.double().numpy())
        return out

    def _sentiment(self, text: str, row: Floats, least: float) -> Sentiment:
        if not any(character.isalnum() for character in text):
            row = np.array([0.0, 1.0, 0.0])
        best = int(decided(row, least))
        scores = {label: float(probability) for label, probability in zip(LABELS, row, strict=True)}
        return Sentiment(LABELS[best], scores[LABELS[best]], scores, self.model)
