"""The embedded checkpoint, loaded once, and models made from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from analyzer_worker.classifier import SentimentClassifier
from analyzer_worker.models import checkpoints
from analyzer_worker.models.load import load_classifier
from analyzer_worker.settings import EMBEDDED_NAME, SentimentSettings


@pytest.fixture(scope="session")
def classifier() -> SentimentClassifier:
    """The embedded checkpoint as the worker runs it."""
    return load_classifier(SentimentSettings(model=EMBEDDED_NAME))


@pytest.fixture(scope="session")
def two_label_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model as the official one is: two labels, overconfident. The embedded one without its neutral, sharpened."""
    folder = tmp_path_factory.mktemp("two-labels")
    model = AutoModelForSequenceClassification.from_pretrained(checkpoints.EMBEDDED)
    kept = [0, 2]
    head = model.classifier
    head.weight.data, head.bias.data = head.weight.data[kept] * 2.5, head.bias.data[kept] * 2.5
    head.out_features = 2
    model.config.id2label, model.config.label2id = {0: "NEGATIVE", 1: "POSITIVE"}, {"NEGATIVE": 0, "POSITIVE": 1}
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(checkpoints.EMBEDDED).save_pretrained(folder)
    return folder
