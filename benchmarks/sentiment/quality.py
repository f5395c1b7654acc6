"""Computes figures of quality and speed of a sentiment classifier."""

from __future__ import annotations

import time

import numpy as np

from analyzer_worker.classifier import SentimentClassifier
from analyzer_worker.decision import decide
from analyzer_worker.models.labelled_texts import Labels
from training.evaluate import Floats, binary, ece, figures_of


def quality(probabilities: Floats, truth: Labels) -> dict[str, float]:
    """Two-way figures on texts that are not neutral, and three-way figures where there are neutral texts.

    Args:
        probabilities: float64 [texts, 3].
    """
    clear = truth != 1
    positive = binary(probabilities[clear])
    two = figures_of(positive, truth[clear] == 2)
    two["macro_f1"] = macro_f1(np.where(positive > 0.5, 2, 0), truth[clear], (0, 2))
    result = {name: round(value, 4) for name, value in two.items()}
    if clear.all():
        return result
    said = decide(probabilities)
    rows = np.arange(len(truth))
    chosen = probabilities[rows, truth]
    three = {
        "accuracy_three": float((said == truth).mean()),
        "macro_f1_three": macro_f1(said, truth, (0, 1, 2)),
        "log_loss_three": float(-np.log(chosen.clip(1e-9)).mean()),
        "ece_three": ece(probabilities[rows, said], said == truth),
    }
    return result | {name: round(value, 4) for name, value in three.items()}


def macro_f1(said: Labels, truth: Labels, labels: tuple[int, ...]) -> float:
    """The mean of the F1 of each of `labels`, 0 to 1."""
    scores = [2 * ((said == k) & (truth == k)).sum() / max(1, (said == k).sum() + (truth == k).sum()) for k in labels]
    return float(np.mean(scores))


def latency(classifier: SentimentClassifier, texts: list[str]) -> dict[str, float]:
    """Percentiles of the time for one utterance in ms, one at a time, on one core."""
    classifier.classify(texts[:10])
    times_ms = []
    for text in texts:
        start = time.perf_counter()
        classifier.classify([text])
        times_ms.append((time.perf_counter() - start) * 1000)
    p50, p95 = np.percentile(times_ms, (50, 95))
    return {"p50_ms": round(float(p50), 2), "p95_ms": round(float(p95), 2)}
