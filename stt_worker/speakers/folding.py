"""Batch normalisation at inference, as a part of the layer beside it."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

Weights = Mapping[str, Tensor]
"""Weights of a network by their names, float32."""

_EPSILON = 1e-5


def scale_and_shift(w: Weights, norm: str) -> tuple[Tensor, Tensor]:
    """The normalisation named `norm` as a factor and a summand for each channel: float32 [n] each."""
    mean, variance = w[f"{norm}.running_mean"], w[f"{norm}.running_var"]
    scale = w.get(f"{norm}.weight", torch.ones_like(mean)) / (variance + _EPSILON).sqrt()
    return scale, w.get(f"{norm}.bias", torch.zeros_like(mean)) - mean * scale


def folded(w: Weights, conv: str, norm: str) -> tuple[Tensor, Tensor]:
    """Weight (in its own shape) and bias of a convolution that does the normalisation after it, too."""
    weight, (scale, shift) = w[f"{conv}.weight"], scale_and_shift(w, norm)
    return weight * scale.reshape(-1, *[1] * (weight.dim() - 1)), shift
