"""A network made ready for one core: matrices in 8 bits, and its Python taken out by TorchScript.

Speech is short, so most of the time would go into reading 32-bit weights and into the interpreter. Figures and the cost
in accuracy: docs/sentiment.md.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from transformers.utils import logging as transformers_logging

log = logging.getLogger(__name__)

Forward = Callable[[Tensor, Tensor], Tensor]
"""input_ids and attention_mask, int64 [rows, tokens] → logits, float32 [rows, labels]."""

_CLOSE = 1e-3
_PROBES = ((1, 3), (1, 17), (1, 96))
"""Rows and tokens with which the compiled network is compared."""


class Int8Linear(nn.Module):
    """Weights in 8 bits with a scale for each row; activations in 8 bits with a scale for each call."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        weight = linear.weight.detach()
        scales = weight.abs().amax(dim=1).clamp(min=1e-8) / 127
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # deprecated in torch 2.13, which is pinned
            zero_points = torch.zeros(len(weight), dtype=torch.long)
            quantized = torch.quantize_per_channel(weight, scales, zero_points, 0, torch.qint8)
        bias = None if linear.bias is None else linear.bias.detach()
        self.packed = torch.ops.quantized.linear_prepack(quantized, bias)

    def forward(self, x: Tensor) -> Tensor:
        product: Tensor = torch.ops.quantized.linear_dynamic(x, self.packed, False)
        return product


def int8_is_fast() -> bool:
    """Whether this processor multiplies 8-bit integers into 32 bits; others gain little, or may overflow."""
    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_vnni") or able.get("avx_vnni"))


def in_int8(network: Any) -> Any:
    """`network` with its matrices in 8 bits, apart from the head (`classifier`); changed in place."""
    for name, module in list(network.named_modules()):
        for child, layer in list(module.named_children()):
            if isinstance(layer, nn.Linear) and "classifier" not in f"{name}.{child}":
                setattr(module, child, Int8Linear(layer))
    return network


def compiled(network: Any) -> Forward:
    """The network without its Python, where that can be done and says the same; else as it is."""

    def plain(input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        logits: Tensor = network(input_ids=input_ids, attention_mask=attention_mask).logits
        return logits

    try:
        traced = _traced(network)
        for rows, tokens in _PROBES:
            if (apart := _apart(traced, plain, rows, tokens)) > _CLOSE:
                raise ValueError(f"{apart:.3g} apart at {tokens} tokens")
    except Exception as error:  # models of others can fail to compile in any way
        log.info("the sentiment model runs uncompiled: %s", error)
        return plain
    return traced


def _apart(one: Forward, other: Forward, rows: int, tokens: int) -> float:
    ids, mask = _probe(rows, tokens)
    with torch.inference_mode():
        # More than one call, for TorchScript optimises after the first.
        return max(float((one(ids, mask) - other(ids, mask)).abs().max()) for _ in range(3))


def _probe(rows: int, tokens: int) -> tuple[Tensor, Tensor]:
    """Ids that every vocabulary has."""
    return torch.arange(rows * tokens).reshape(rows, tokens) % 100 + 5, torch.ones(rows, tokens, dtype=torch.long)


class _Logits(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        logits: Tensor = self.network(input_ids=input_ids, attention_mask=attention_mask).logits
        return logits


def _traced(network: nn.Module) -> Forward:
    make: Any = torch.jit.trace
    told = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity(logging.ERROR)  # it minds that all is looked at
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # constants in a trace: compared above for what they do
            frozen: Forward = torch.jit.freeze(make(_Logits(network).eval(), _probe(1, 12), check_trace=False))
    finally:
        transformers_logging.set_verbosity(told)
    return frozen
