"""Compiles a network by TorchScript, which takes the Python out of it.

What people say is short, so that the interpreter would take a good part of the time. Figures: docs/sentiment.md.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from transformers.utils import logging as transformers_logging

from analyzer_worker.int8_distilbert import Int8DistilBert

log = logging.getLogger(__name__)

Forward = Callable[[Tensor, Tensor], Tensor]
"""input_ids and attention_mask, each int64 [rows, tokens] → logits, float32 [rows, labels]."""

_CLOSE = 1e-3
"""Logits of the compiled network may differ from the plain one's by so much."""
_PROBES = ((1, 3), (1, 17), (1, 96))
"""Rows and tokens of the inputs for which the two are compared."""


def compile_network(network: Any) -> Forward:
    """The network compiled, where that succeeds and changes no logit; else the network as it is.

    Args:
        network: a sequence-classification model of transformers, or an `Int8DistilBert`.
    """
    plain: Forward = (network if isinstance(network, Int8DistilBert) else _Logits(network)).eval()
    try:
        traced = _traced(plain)
        for rows, tokens in _PROBES:
            if (difference := _difference(traced, plain, rows, tokens)) > _CLOSE:
                raise ValueError(f"its logits differ by {difference:.3g} at {tokens} tokens")
    except Exception as error:  # a model from elsewhere can fail to compile in any way
        log.info("the sentiment model runs uncompiled, which is slower: %s", error)
        return plain
    return traced


def _difference(one: Forward, other: Forward, rows: int, tokens: int) -> float:
    ids, mask = _probe(rows, tokens)
    with torch.inference_mode():
        # It is called more than once, because TorchScript optimises after the first call.
        return max(float((one(ids, mask) - other(ids, mask)).abs().max()) for _ in range(3))


def _probe(rows: int, tokens: int) -> tuple[Tensor, Tensor]:
    """Token ids that every vocabulary has, and a mask of ones."""
    return torch.arange(rows * tokens).reshape(rows, tokens) % 100 + 5, torch.ones(rows, tokens, dtype=torch.long)


class _Logits(nn.Module):
    """A model of transformers that returns its logits alone."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        logits: Tensor = self.network(input_ids=input_ids, attention_mask=attention_mask).logits
        return logits


def _traced(network: Forward) -> Forward:
    make: Any = torch.jit.trace
    told = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity(logging.ERROR)  # it would warn that the mask is all ones
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # about constants in the trace; compile_network() compares what they do
            frozen: Forward = torch.jit.freeze(make(network, _probe(1, 12), check_trace=False))
    finally:
        transformers_logging.set_verbosity(told)
    return frozen
