"""One step of Whisper's decoder: tokens in, hidden states out; keys and values are kept in place.

The many small operations of a step cost less than the Python between them. TorchScript takes that Python out and so
halves the time of a token (docs/performance.md).
"""

from __future__ import annotations

import logging
import warnings
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from whisper.model import ResidualAttentionBlock, Whisper

from inference.linear import MakeLinear
from stt_worker.network.encoder import fused_qkv

log = logging.getLogger(__name__)

KeyValueCache = tuple[Tensor, Tensor, Tensor, Tensor]
"""One layer's keys and values of the audio, which stay, and keys and values of the text so far, which are written in
place. Each is float32 [1, n_head, n_frames or text_ctx, n_head_state]."""

TEXT_CTX = 256
"""Tokens that a cache has room for. Whisper writes at most half of its 448, and the prompts here are short."""


class DecoderStep(nn.Module):
    """Whisper's decoder from embedding to last norm; the logits are left to the caller.

    Source: `whisper.model.TextDecoder`, whose weights it uses. It computes one utterance at a time.
    """

    def __init__(self, whisper: Whisper, make_linear: MakeLinear) -> None:
        super().__init__()
        decoder = whisper.decoder
        self.embedding = decoder.token_embedding.weight.detach().clone()  # the original may lie in a mapped file
        self.positions = decoder.positional_embedding.detach()
        self.norm = _Norm(decoder.ln)
        heads = whisper.dims.n_text_head
        self.blocks = nn.ModuleList([_DecoderBlock(block, heads, make_linear) for block in decoder.blocks])

    def new_caches(self, features: Tensor, text_ctx: int = TEXT_CTX) -> list[KeyValueCache]:
        """A cache for each layer, from the audio features float32 [1, n_frames, n_state]; the text's part is empty."""
        return [cast("_DecoderBlock", block).new_cache(features, text_ctx) for block in self.blocks]

    def forward(self, tokens: Tensor, caches: list[KeyValueCache], log_weights: Tensor, position: int) -> Tensor:
        """Hidden states, float32 [1, n, n_state], of `tokens`, int64 [1, n], of which the first stands at `position`.

        The caches must hold what stands before. `log_weights` is float32 [1, 1, 1, n_frames]: see `EncodedAudio`.
        """
        x = functional.embedding(tokens, self.embedding).float() + self.positions[position : position + tokens.shape[1]]
        for i, block in enumerate(self.blocks):
            x = block(x, caches[i], log_weights, position)
        hidden: Tensor = self.norm(x)
        return hidden


class _Norm(nn.Module):
    """A layer norm that TorchScript can compile. openai-whisper's own calls its base class, which it cannot."""

    def __init__(self, norm: nn.LayerNorm) -> None:
        super().__init__()
        self.weight, self.bias = norm.weight.detach(), norm.bias.detach()

    def forward(self, x: Tensor) -> Tensor:
        return functional.layer_norm(x, (x.shape[-1],), self.weight, self.bias)


class _DecoderBlock(nn.Module):
    """One layer of the decoder: attention to the text, attention to the audio, and the feed-forward network."""

    def __init__(self, block: ResidualAttentionBlock, heads: int, make_linear: MakeLinear) -> None:
        super().__init__()
        cross = block.cross_attn
        self.heads = heads
        self.text_norm, self.audio_norm, self.mlp_norm = map(_Norm, (block.attn_ln, block.cross_attn_ln, block.mlp_ln))
        self.qkv = make_linear(*fused_qkv(block.attn))
        self.out = make_linear(block.attn.out.weight, block.attn.out.bias)
        weight, bias = fused_qkv(cross)
        state = cross.query.weight.shape[0]
        self.cross_query = make_linear(weight[:state].contiguous(), bias[:state].contiguous())
        self.cross_key_value = make_linear(weight[state:].contiguous(), bias[state:].contiguous())
        self.cross_out = make_linear(cross.out.weight, cross.out.bias)
        self.mlp_in = make_linear(block.mlp[0].weight, block.mlp[0].bias)
        self.mlp_out = make_linear(block.mlp[2].weight, block.mlp[2].bias)

    def new_cache(self, features: Tensor, text_ctx: int) -> KeyValueCache:
        _, length, state = features.shape
        shape = (1, length, 2, self.heads, state // self.heads)
        key, value = self.cross_key_value(features).view(shape).permute(2, 0, 3, 1, 4)
        room = (1, self.heads, text_ctx, state // self.heads)
        return key.contiguous(), value.contiguous(), torch.empty(room), torch.empty(room)

    def forward(self, x: Tensor, cache: KeyValueCache, log_weights: Tensor, position: int) -> Tensor:
        _, length, state = x.shape
        audio_keys, audio_values, text_keys, text_values = cache
        end = position + length
        parts = self.qkv(self.text_norm(x)).view(1, length, 3, self.heads, state // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind()
        text_keys[:, :, position:end] = key
        text_values[:, :, position:end] = value
        mask = torch.full((length, end), float("-inf")).triu(position + 1) if length > 1 else None
        mixed = functional.scaled_dot_product_attention(
            query, text_keys[:, :, :end], text_values[:, :, :end], attn_mask=mask, scale=1.0
        )
        x = x + self.out(mixed.transpose(1, 2).reshape(1, length, state))
        query = self.cross_query(self.audio_norm(x)).view(1, length, self.heads, state // self.heads)
        mixed = functional.scaled_dot_product_attention(
            query.transpose(1, 2), audio_keys, audio_values, attn_mask=log_weights, scale=1.0
        )
        x = x + self.cross_out(mixed.transpose(1, 2).reshape(1, length, state))
        result: Tensor = x + self.mlp_out(functional.gelu(self.mlp_in(self.mlp_norm(x))))
        return result


def compile_step(step: DecoderStep) -> nn.Module:
    """The step as TorchScript compiles it; the step as it is where this torch cannot compile it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # TorchScript is deprecated; torch is pinned
            return cast("nn.Module", torch.jit.freeze(torch.jit.script(step.eval())))
    except Exception as error:  # TorchScript raises many kinds
        log.warning("the decoder's step could not be compiled, so it runs at half the speed: %s", error)
        return step
