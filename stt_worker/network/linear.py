"""Matrices of the model, ready to multiply: as they are, or in 8 bits where the processor gains by it.

They are modules, so that TorchScript can compile what is made of them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

MakeLinear = Callable[[Tensor, Tensor | None], nn.Module]
"""From weight [n_out, n_in] and bias [n_out] to a module: float32 [..., n_in] to float32 [..., n_out]."""


class FloatLinear(nn.Module):
    """The matrix as it is, in float32."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.weight = weight.detach()
        self.bias = torch.zeros(len(weight)) if bias is None else bias.detach()

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.weight, self.bias)


class Int8Linear(nn.Module):
    """Weights in 8 bits with a scale for each row; activations in 8 bits with a scale for each call.

    A token then reads a quarter of the memory. Processors without VNNI add pairs of products in 16
    bits, which could overflow: for them the weights keep 7 bits. (torch's own way, 7 bits for the
    activations, doubles the word error rate: they share one scale, the weights have one for each row.)
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        largest = 127 if has_vnni() else 63  # 2 x 255 x 63 = 32,130 fits into 16 bits
        scales = weight.detach().abs().amax(dim=1).clamp(min=1e-8) / largest
        zero_points = torch.zeros(len(weight), dtype=torch.long)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # deprecated in torch 2.13, which is pinned
            quantized = torch.quantize_per_channel(weight.detach(), scales, zero_points, 0, torch.qint8)
        self.packed = torch.ops.quantized.linear_prepack(quantized, None if bias is None else bias.detach())

    def forward(self, x: Tensor) -> Tensor:
        product: Tensor = torch.ops.quantized.linear_dynamic(x, self.packed, False)
        return product


def has_vnni() -> bool:
    """Whether the processor multiplies 8-bit integers into 32 bits."""
    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_vnni") or able.get("avx_vnni"))


def int8_is_possible() -> bool:
    """torch packs 8-bit matrices on x86 only in the way that is measured here."""
    return torch.backends.quantized.engine in ("x86", "fbgemm")
