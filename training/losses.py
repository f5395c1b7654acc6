"""The loss that each step makes smaller, and the adversarial step that makes it larger."""

from __future__ import annotations

import torch
from torch.nn import functional

from training.batches import Batch


def loss_of(logits: torch.Tensor, batch: Batch, pull: float = 1.0) -> torch.Tensor:
    """Cross-entropy, plus `pull` times the symmetric divergence of two answers in pairs (R-drop, arXiv 2106.14448).

    Args:
        logits: float32 [rows, 3].
    """
    logs = functional.log_softmax(logits, dim=-1)
    loss = -(batch.targets * logs).sum(-1).mean()
    if batch.paired:
        one, other = logs.chunk(2)
        loss = loss + pull * 0.5 * ((one.exp() - other.exp()) * (one - other)).sum(-1).mean()
    return loss


def worst_step(words: torch.Tensor, length: float) -> torch.Tensor:
    """Move word vectors [rows, tokens, dim] by `length` in each row to where the loss grows fastest (arXiv 1605.07725).

    Raises ValueError where the loss has not been taken back to them: they need their gradient.
    """
    gradient = words.grad
    if gradient is None:
        raise ValueError("the loss has not been taken back to the word vectors")
    size = gradient.flatten(1).norm(dim=1).clamp(min=1e-12)
    return words.detach() + length * gradient / size[:, None, None]
