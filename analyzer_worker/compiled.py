"""A network made ready for one core: its Python is taken out by TorchScript.

Speech is short, so the interpreter would take a good part of the time. Figures: docs/sentiment.md.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from transformers.utils import logging as transformers_logging

from analyzer_worker.one_text import OneText

log = logging.getLogger(__name__)

Forward = Callable[[Tensor, Tensor], Tensor]
"""input_ids and attention_mask, int64 [rows, tokens] → logits, float32 [rows, labels]."""

_CLOSE = 1e-3
_PROBES = ((1, 3), (1, 17), (1, 96))
"""Rows and tokens with which the compiled network is compared."""


def compiled(network: Any) -> Forward:
    """The network, one of transformers' or a OneText, without its Python where that can be done and says the same."""
    plain: Forward = (network if isinstance(network, OneText) else _Logits(network)).eval()
    try:
        traced = _traced(plain)
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


def _traced(network: Forward) -> Forward:
    make: Any = torch.jit.trace
    told = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity(logging.ERROR)  # it minds that all is looked at
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # constants in a trace: compared above for what they do
            frozen: Forward = torch.jit.freeze(make(network, _probe(1, 12), check_trace=False))
    finally:
        transformers_logging.set_verbosity(told)
    return frozen
