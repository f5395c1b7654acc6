"""CAM++, the network that turns speech into a vector by which its speaker is known.

Method: Wang et al. 2023, "CAM++: A Fast and Efficient Network for Speaker Verification Using Context-Aware Masking"
(arXiv:2303.00332), with the weights that 3D-Speaker published. Batch normalisation is folded into the layer before it
wherever there is one. After the front, activations are [n_frames, n_channels], as `inference.linear` wants them.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from inference.linear import MakeLinear
from stt_worker.speakers.campplus_front import Front
from stt_worker.speakers.folding import Weights, folded, scale_and_shift

EMBEDDING = 192
"""How many numbers describe a voice."""
_BLOCKS = ((12, 1), (24, 2), (16, 2))
"""Number of layers and dilation of each dense block."""
_SEGMENT = 100
"""Frames of 20 ms over which a mask takes its local context."""


class CamPlusPlus:
    """The network, ready to compute. It knows nothing of files.

    Args:
        weights: the published weights, float32, by their names. Another network's raise KeyError.
        make_linear: how its matrices are multiplied.
    """

    def __init__(self, weights: Weights, make_linear: MakeLinear) -> None:
        self._front = Front(weights)
        self._halving = folded(weights, "xvector.tdnn.linear", "xvector.tdnn.nonlinear.batchnorm")
        self._blocks = [
            _DenseBlock(weights, number, layers, dilation, make_linear)
            for number, (layers, dilation) in enumerate(_BLOCKS, start=1)
        ]
        self._last = scale_and_shift(weights, "xvector.out_nonlinear.batchnorm")
        self._dense = folded(weights, "xvector.dense.linear", "xvector.dense.nonlinear.batchnorm")

    @torch.inference_mode()
    def __call__(self, features: Tensor) -> Tensor:
        """float32 [n_frames, 80] → float32 [192], not normalised. At least 4 frames are needed."""
        x = functional.conv1d(self._front(features), *self._halving, stride=2, padding=2).relu_()[0].T
        for block in self._blocks:
            x = block(x)
        x = _normalised(x, self._last)
        weight, bias = self._dense
        return functional.linear(torch.cat([x.mean(dim=0), x.std(dim=0)]), weight[:, :, 0], bias)


class _DenseBlock:
    """Layers of which each sees what all before it have found: [t, n] → [t, (n + 32 * layers) / 2]."""

    def __init__(self, w: Weights, number: int, layers: int, dilation: int, make_linear: MakeLinear) -> None:
        names = [f"xvector.block{number}.tdnnd{layer}" for layer in range(1, layers + 1)]
        self._layers = [_DenseLayer(w, name, dilation, make_linear) for name in names]
        self._transit = _Transit(w, f"xvector.transit{number}", make_linear)

    def __call__(self, x: Tensor) -> Tensor:
        for layer in self._layers:
            x = torch.cat([x, layer(x)], dim=1)
        return self._transit(x)


class _DenseLayer:
    """One layer of a dense block: [t, n] → [t, 32], masked by what is around it."""

    def __init__(self, w: Weights, name: str, dilation: int, make_linear: MakeLinear) -> None:
        self._before = scale_and_shift(w, f"{name}.nonlinear1.batchnorm")
        weight, bias = folded(w, f"{name}.linear1", f"{name}.nonlinear2.batchnorm")
        self._narrow = make_linear(weight[:, :, 0], bias)
        self._local = make_linear(w[f"{name}.cam_layer.linear_local.weight"].permute(0, 2, 1).flatten(1), None)
        masks = [f"{name}.cam_layer.linear{n}" for n in (1, 2)]
        self._masks = [(w[f"{mask}.weight"][:, :, 0], w[f"{mask}.bias"]) for mask in masks]
        self._dilation = dilation

    def __call__(self, x: Tensor) -> Tensor:
        x = self._narrow(_normalised(x, self._before)).relu_()
        padded = functional.pad(x, (0, 0, self._dilation, self._dilation))
        shifted = [padded[at : at + len(x)] for at in (0, self._dilation, 2 * self._dilation)]
        y: Tensor = self._local(torch.cat(shifted, dim=1))
        return y.mul_(self._mask(x))

    def _mask(self, x: Tensor) -> Tensor:
        """A factor within 0 to 1 for each frame and channel: [t, 32]."""
        context = torch.stack([part.mean(dim=0) for part in torch.split(x, _SEGMENT)]) + x.mean(dim=0)
        hidden = functional.linear(context, *self._masks[0]).relu_()
        return functional.linear(hidden, *self._masks[1]).sigmoid_().repeat_interleave(_SEGMENT, dim=0)[: len(x)]


class _Transit:
    """Halves the number of channels after a block."""

    def __init__(self, w: Weights, name: str, make_linear: MakeLinear) -> None:
        self._before = scale_and_shift(w, f"{name}.nonlinear.batchnorm")
        self._linear = make_linear(w[f"{name}.linear.weight"][:, :, 0], None)

    def __call__(self, x: Tensor) -> Tensor:
        y: Tensor = self._linear(_normalised(x, self._before))
        return y


def _normalised(x: Tensor, scale_and_shift: tuple[Tensor, Tensor]) -> Tensor:
    scale, shift = scale_and_shift
    return torch.addcmul(shift, x, scale).relu_()
