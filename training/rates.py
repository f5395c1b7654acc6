"""Learning rates: how large a step each parameter takes, and when."""

from __future__ import annotations

import math
import re

import torch
from transformers import PreTrainedModel


def layerwise_rates(
    model: PreTrainedModel, rate: float, decay: float = 0.9, head: float = 5.0
) -> list[dict[str, object]]:
    """Make parameter groups whose rate falls by `decay` for each layer further from the head (arXiv 1801.06146).

    Args:
        rate: rate of the layer below the head.
        head: the head's rate, as a multiple of `rate`.
    """
    layers = model.config.num_hidden_layers
    groups: dict[float, list[torch.nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        layer = re.search(r"layer\.(\d+)\.", name)
        depth = layers - int(layer[1]) if layer else layers + 1
        factor = decay**depth if name.startswith(model.base_model_prefix) else head
        groups.setdefault(factor, []).append(parameter)
    return [{"params": parameters, "lr": rate * factor} for factor, parameters in groups.items()]


def rate_factor(step: int, progress: float, warmup: int = 150) -> float:
    """The factor of all rates: a linear warm-up over `warmup` steps, then half a cosine down to 2 % at `progress` 1."""
    return min((step + 1) / warmup, 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))
