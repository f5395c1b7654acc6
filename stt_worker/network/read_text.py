"""Reads a known text to the decoder in one pass, and says what each token attended to in the audio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from stt_worker.network.decoder_step import DecoderStep
from stt_worker.network.encoder import EncodedAudio


@dataclass(frozen=True, slots=True)
class ReadText:
    """What the decoder made of each token of a known text."""

    logits: Tensor
    """float32 [n_tokens, n_vocab]: what was expected after each token."""
    scores: tuple[Tensor, ...]
    """Of each layer, float32 [n_head, n_tokens, n_frames]: attention to the audio, before the softmax and without the
    weights of frames that stand for several."""


def read_text(step: DecoderStep, project: nn.Module, encoded: EncodedAudio, tokens: Sequence[int]) -> ReadText:
    """Let the decoder read all of `tokens`, at most Whisper's 448, over the encoded audio.

    Args:
        step: as it is, not compiled: what its layers ask of the audio is taken from in between.
        project: from hidden states, float32 [1, n, n_state], to logits.
    """
    asked: list[Tensor] = []
    hooks = [
        block.get_submodule("cross_query").register_forward_hook(lambda _module, _inputs, query: asked.append(query))
        for block in step.blocks
    ]
    caches = step.new_caches(encoded.features[None], len(tokens))
    try:
        hidden = step(torch.tensor([list(tokens)]), caches, encoded.log_weights[None, None, None], 0)
    finally:
        for hook in hooks:
            hook.remove()
    pairs = zip(asked, caches, strict=True)
    return ReadText(project(hidden)[0], tuple(_scores(query, keys[0]) for query, (keys, *_) in pairs))


def _scores(query: Tensor, keys: Tensor) -> Tensor:
    heads, _frames, state = keys.shape
    by_head = query[0].view(-1, heads, state).transpose(0, 1)
    return by_head @ keys.transpose(1, 2)
