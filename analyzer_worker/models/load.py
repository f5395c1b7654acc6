"""Loads the classifier that the settings mean."""

from __future__ import annotations

import torch

from analyzer_worker.classifier import SentimentClassifier
from analyzer_worker.models.checkpoints import EMBEDDED, resolve
from analyzer_worker.settings import SentimentSettings


def load_classifier(settings: SentimentSettings) -> SentimentClassifier:
    """Find the model of the settings, load it, and set the number of torch's threads. Raises `ModelError`."""
    folder = resolve(settings)
    torch.set_num_threads(settings.threads)
    return SentimentClassifier.from_folder(folder, int8=settings.int8 and folder.path == EMBEDDED)
