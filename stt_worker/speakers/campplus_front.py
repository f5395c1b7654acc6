"""The front of CAM++: convolutions over time and frequency."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from stt_worker.speakers.folding import Weights, folded

Convolution = tuple[Tensor, Tensor]


class Front:
    """Sees where in the spectrum something is. Channels lie beside each other in memory: a third less time."""

    def __init__(self, w: Weights) -> None:
        self._first, self._last = _convolution(w, "head.conv1", "head.bn1"), _convolution(w, "head.conv2", "head.bn2")
        self._blocks = [_Residual(w, f"head.layer{n}.{m}", stride=2 - m) for n in (1, 2) for m in (0, 1)]

    def __call__(self, features: Tensor) -> Tensor:
        """float32 [n_frames, 80] → float32 [1, 320, n_frames]."""
        x = features.T[None, None].contiguous(memory_format=torch.channels_last)
        x = functional.conv2d(x, *self._first, padding=1).relu_()
        for block in self._blocks:
            x = block(x)
        return functional.conv2d(x, *self._last, stride=(2, 1), padding=1).relu_().flatten(1, 2)


class _Residual:
    """Two convolutions and a way around them. `stride` is that of the frequency."""

    def __init__(self, w: Weights, name: str, stride: int) -> None:
        self._conv1, self._conv2 = (_convolution(w, f"{name}.conv{n}", f"{name}.bn{n}") for n in (1, 2))
        self._around = _convolution(w, f"{name}.shortcut.0", f"{name}.shortcut.1") if stride > 1 else None
        self._stride = (stride, 1)

    def __call__(self, x: Tensor) -> Tensor:
        y = functional.conv2d(x, *self._conv1, stride=self._stride, padding=1).relu_()
        y = functional.conv2d(y, *self._conv2, padding=1)
        return y.add_(functional.conv2d(x, *self._around, stride=self._stride) if self._around else x).relu_()


def _convolution(w: Weights, conv: str, norm: str) -> Convolution:
    weight, bias = folded(w, conv, norm)
    return weight.contiguous(memory_format=torch.channels_last), bias
