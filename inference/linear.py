"""Linear layers of a network, ready to multiply: in float32, or in 8 bits where the processor gains by it.

They are modules, so that TorchScript can compile what is made of them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.processor import has_vnni

MakeLinear = Callable[[Tensor, Tensor | None], nn.Module]
"""From weight [n_out, n_in] and bias [n_out] to a module: float32 [..., n_in] → float32 [..., n_out]."""


class FloatLinear(nn.Module):
    """A linear layer as it is, in float32.

    Args:
        weight: float32 or float16 [n_out, n_in].
        bias: float32 [n_out]; None stands for zeros.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.weight = weight.detach().float()
        self.bias = torch.zeros(len(weight)) if bias is None else bias.detach()

    def forward(self, x: Tensor) -> Tensor:
        """float32 [..., n_in] → float32 [..., n_out]."""
        return functional.linear(x, self.weight, self.bias)


class Int8Linear(nn.Module):
    """A linear layer in 8 bits: the weights have a scale for each row, the activations one scale for each call.

    A multiplication then reads a quarter of the memory. Processors without VNNI add pairs of products in 16 bits, which
    could overflow; on them the weights are rounded to 7 bits. (torch's own remedy rounds the activations to 7 bits
    instead. That doubles Whisper's word error rate, because all activations share one scale.)
    Method: dynamic quantization by the kernels of torch.ops.quantized, which need `int8_is_possible()`.

    Args:
        weight: float32 or float16 [n_out, n_in].
        bias: float32 [n_out]; None stands for zeros.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        weight = weight.detach().float()
        largest = 127 if has_vnni() else 63  # 2 x 255 x 63 = 32,130 fits into 16 bits
        # Not abs().amax(): that would be one more copy of a matrix, and the largest one is an eighth of a model.
        most = torch.maximum(weight.amax(dim=1), -weight.amin(dim=1))
        scales = most.clamp(min=1e-8) / largest
        zero_points = torch.zeros(len(weight), dtype=torch.long)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # deprecated in torch 2.13, which is pinned
            quantized = torch.quantize_per_channel(weight, scales, zero_points, 0, torch.qint8)
        self.packed = torch.ops.quantized.linear_prepack(quantized, None if bias is None else bias.detach())

    def forward(self, x: Tensor) -> Tensor:
        """float32 [..., n_in] → float32 [..., n_out]."""
        product: Tensor = torch.ops.quantized.linear_dynamic(x, self.packed, False)
        return product
