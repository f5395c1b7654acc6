"""Computes a model's probabilities for texts, and figures of quality from them."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from training.sst import Phrase

Floats = NDArray[np.float64]


def logits_of(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, texts: list[str], batch: int = 32) -> Floats:
    """The model's logits, float64 [texts, labels]. Texts of similar length are computed together to avoid padding."""
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    out: list[Floats] = []
    model.eval()
    for start in range(0, len(order), batch):
        rows = [texts[row] for row in order[start : start + batch]]
        encoded = tokenizer(rows, padding=True, truncation=True, max_length=256, return_tensors="pt").to(model.device)
        with torch.inference_mode():
            logits = model(input_ids=encoded["input_ids"], attention_mask=encoded["attention_mask"]).logits
        out.append(logits.double().cpu().numpy())
    back = np.empty(len(order), dtype=int)
    back[order] = np.arange(len(order))
    result: Floats = np.concatenate(out)[back]
    return result


def softmax(logits: Floats) -> Floats:
    """Turn logits into probabilities along the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: Floats = shifted / shifted.sum(axis=-1, keepdims=True)
    return result


def ece(confidence: Floats, right: NDArray[np.bool_], bins: int = 15) -> float:
    """Expected calibration error over bins of equal width (arXiv 1706.04599), 0 to 1.

    Args:
        confidence: probability of the chosen label [rows].
        right: whether that label was right [rows].
    """
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(confidence[index == b].mean() - right[index == b].mean()) * (index == b).mean() for b in set(index)]
    return float(sum(gaps))


def binary(probabilities: Floats) -> Floats:
    """P(positive | not neutral) [rows] from probabilities [rows, (negative, neutral, positive)]."""
    result: Floats = probabilities[:, 2] / (probabilities[:, 0] + probabilities[:, 2])
    return result


def binary_figures(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, sentences: list[Phrase]
) -> dict[str, float]:
    """accuracy, log_loss and ece of positive against negative. Neutral sentences are left out."""
    clear = [s for s in sentences if s.label != 2]
    positive = binary(softmax(logits_of(model, tokenizer, [s.text for s in clear])))
    truth = np.array([s.label > 2 for s in clear])
    return {name: round(value, 4) for name, value in figures_of(positive, truth).items()}


def figures_of(positive: Floats, truth: NDArray[np.bool_]) -> dict[str, float]:
    """accuracy, log_loss and ece of P(positive) [rows], where `truth` [rows] is True for positive."""
    right = (positive > 0.5) == truth
    sure = np.clip(np.where(truth, positive, 1 - positive), 1e-9, 1)
    confidence = np.maximum(positive, 1 - positive)
    return {
        "accuracy": float(right.mean()),
        "log_loss": float(-np.log(sure).mean()),
        "ece": ece(confidence, right),
    }
