"""Matrices of the model, ready to multiply: as they are, or in 8 bits where the processor gains by it."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

Linear = Callable[[Tensor], Tensor]
"""float32 [..., n_in] to float32 [..., n_out]."""
MakeLinear = Callable[[Tensor, Tensor | None], Linear]
"""From weight [n_out, n_in] and bias [n_out]."""


def float_linear(weight: Tensor, bias: Tensor | None) -> Linear:
    """The matrix as it is, in float32."""
    return lambda x: functional.linear(x, weight, bias)


def int8_linear(weight: Tensor, bias: Tensor | None) -> Linear:
    """Weights in 8 bits with a scale for each row; activations in 8 bits with a scale for each call.

    A token then reads a quarter of the memory. Processors without VNNI add pairs of products in 16
    bits, which can overflow: for them the activations keep 7 bits.
    """
    scales = weight.abs().amax(dim=1).clamp(min=1e-8) / 127
    zero_points = torch.zeros(len(weight), dtype=torch.long)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # deprecated in torch 2.13, which is pinned
        quantized = torch.quantize_per_channel(weight, scales, zero_points, 0, torch.qint8)
    packed = torch.ops.quantized.linear_prepack(quantized, bias)
    reduce_range = not has_vnni()
    multiply = torch.ops.quantized.linear_dynamic
    return lambda x: multiply(x, packed, reduce_range)


def has_vnni() -> bool:
    """Whether the processor multiplies 8-bit integers into 32 bits."""
    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_vnni") or able.get("avx_vnni"))


def int8_is_possible() -> bool:
    """torch packs 8-bit matrices on x86 only in the way that is measured here."""
    return torch.backends.quantized.engine in ("x86", "fbgemm")
