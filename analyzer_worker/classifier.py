"""Sentiment of texts: three labels with probabilities that mean what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from transformers.utils import logging as transformers_logging

from analyzer_worker.calibration import ASSUMED_FOR_THREE, ASSUMED_FOR_TWO, Calibration
from analyzer_worker.decision import decide, least_probability
from analyzer_worker.int8_distilbert import Int8DistilBert
from analyzer_worker.label_map import LABELS, Floats, LabelMap
from analyzer_worker.model_folder import ModelFolder
from analyzer_worker.torchscript import compile_network
from inference.processor import int8_is_possible
from wta.errors import ModelError

MAX_TOKENS = 256
"""Longer texts are cut off. 20 s of speech have about 80 tokens."""
MAX_BATCH = 32
"""Texts that are computed at once at most."""


@dataclass(frozen=True)
class Prediction:
    """The sentiment of one text, as a model predicts it."""

    label: str
    """POSITIVE, NEGATIVE or NEUTRAL."""
    score: float
    """Probability of `label`, 0 to 1."""
    scores: dict[str, float]
    """Probability of each of the three labels; they add up to 1."""
    model: str
    """Name of the model."""


class SentimentClassifier:
    """A sequence-classification model, followed by calibration and the decision between three labels.

    Args:
        network: a model as transformers' AutoModelForSequenceClassification loads it. Raises `ModelError` where its
            labels are no sentiments.
        tokenizer: the model's, as AutoTokenizer loads it.
        name: of the model; predictions carry it.
        calibration: None assumes one that fits the number of labels.
        int8: whether to compute in 8 bits, text by text, where `network` is a DistilBERT and the processor can. That is
            several times as fast, and changes the accuracy a little, which must have been measured.
    """

    def __init__(
        self, network: Any, tokenizer: Any, name: str, calibration: Calibration | None = None, int8: bool = False
    ) -> None:
        self.model = name
        self.eight_bits = int8 and network.config.model_type == "distilbert" and int8_is_possible()
        """Whether it computes in 8 bits, and so text by text."""
        self._forward = compile_network(Int8DistilBert(network) if self.eight_bits else network)
        self._tokenizer = tokenizer
        self._to_three = LabelMap(network.config.id2label)
        self.calibration = calibration or (ASSUMED_FOR_THREE if self._to_three.has_neutral else ASSUMED_FOR_TWO)
        """How its logits become probabilities."""

    @classmethod
    def from_folder(cls, folder: ModelFolder, int8: bool = False) -> SentimentClassifier:
        """Load the model in a folder, with the calibration beside it; `int8`: see the class. Raises `ModelError`."""
        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            network = AutoModelForSequenceClassification.from_pretrained(folder.path, local_files_only=True)
            tokenizer = AutoTokenizer.from_pretrained(folder.path, local_files_only=True)
        except Exception as error:  # a folder from elsewhere can fail in any way
            raise ModelError(f"{folder.path} holds no sequence-classification model: {error}") from error
        return cls(network, tokenizer, folder.name, Calibration.of_folder(folder.path), int8)

    def classify(self, texts: list[str], avg_logprobs: Sequence[float | None] | None = None) -> list[Prediction]:
        """The sentiment of each text, in order. A text without a letter or digit says nothing, so it is NEUTRAL.

        Args:
            avg_logprobs: for each text, how sure the recogniser was of it (see `least_probability`). None means that
                all texts are known for sure.
        """
        leasts = map(least_probability, avg_logprobs or [None] * len(texts))
        rows = zip(texts, self.probabilities(texts), leasts, strict=True)
        return [self._prediction(text, row, least) for text, row, least in rows]

    def probabilities(self, texts: list[str]) -> Floats:
        """Calibrated probabilities, float64 [texts, 3] in the order of LABELS."""
        return self.calibration.probabilities(self.logits(texts))

    def logits(self, texts: list[str]) -> Floats:
        """Logits before calibration, float64 [texts, 3] in the order of LABELS.

        Texts of like length are computed together, padded to the longest of them; in 8 bits each is computed alone.
        """
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

    def _prediction(self, text: str, row: Floats, least: float) -> Prediction:
        if not any(character.isalnum() for character in text):
            row = np.array([0.0, 1.0, 0.0])
        best = int(decide(row, least))
        scores = {label: float(probability) for label, probability in zip(LABELS, row, strict=True)}
        return Prediction(LABELS[best], scores[LABELS[best]], scores, self.model)
