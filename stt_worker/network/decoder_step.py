"""One step of Whisper's decoder: tokens in, hidden states out, keys and values kept in place.

Its many small operations cost less than the Python between them, so that the step is compiled by
TorchScript: that halves the time of a token (docs/performance.md).
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

Memory = tuple[Tensor, Tensor, Tensor, Tensor]
"""One layer's keys and values of the audio (fixed), and of the text so far (written in place):
each [1, n_head, n_frames or n_text_ctx, n_head_state]."""

TEXT_CTX = 256  # half of Whisper's 448 is the most it writes, and our prompts are short


class DecoderStep(nn.Module):
    """Embedding, all layers and the last norm; the logits are left to the caller."""

    def __init__(self, whisper: Whisper, make_linear: MakeLinear) -> None:
        super().__init__()
        decoder = whisper.decoder
        self.embedding = decoder.token_embedding.weight.detach()
        self.positions = decoder.positional_embedding.detach()
        self.norm = _Norm(decoder.ln)
        heads = whisper.dims.n_text_head
        self.blocks = nn.ModuleList([_Block(block, heads, make_linear) for block in decoder.blocks])

    def attend(self, features: Tensor) -> list[Memory]:
        """Keys and values of the audio features [1, n_frames, n_state], and room for the text's."""
        return [cast("_Block", block).attend(features) for block in self.blocks]

    def forward(self, tokens: Tensor, memory: list[Memory], log_weights: Tensor, position: int) -> Tensor:
        """Tokens [1, n] that stand at `position` and after → float32 [1, n, n_state]."""
        x = functional.embedding(tokens, self.embedding) + self.positions[position : position + tokens.shape[1]]
        for i, block in enumerate(self.blocks):
            x = block(x, memory[i], log_weights, position)
        hidden: Tensor = self.norm(x)
        return hidden


class _Norm(nn.Module):
    """openai-whisper's own cannot be compiled: it calls its base class."""

    def __init__(self, norm: nn.LayerNorm) -> None:
        super().__init__()
        self.weight, self.bias = norm.weight.detach(), norm.bias.detach()

    def forward(self, x: Tensor) -> Tensor:
        return functional.layer_norm(x, (x.shape[-1],), self.weight, self.bias)


class _Block(nn.Module):
    """One layer: attention to the text, attention to the audio, and the feed-forward."""

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

    def attend(self, features: Tensor) -> Memory:
        _, length, state = features.shape
        shape = (1, length, 2, self.heads, state // self.heads)
        key, value = self.cross_key_value(features).view(shape).permute(2, 0, 3, 1, 4)
        room = (1, self.heads, TEXT_CTX, state // self.heads)
        return key.contiguous(), value.contiguous(), torch.empty(room), torch.empty(room)

    def forward(self, x: Tensor, memory: Memory, log_weights: Tensor, position: int) -> Tensor:
        _, length, state = x.shape
        audio_keys, audio_values, text_keys, text_values = memory
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
    """The step without Python; the step as it is where this torch cannot do that."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # TorchScript is deprecated; torch is pinned
            return cast("nn.Module", torch.jit.freeze(torch.jit.script(step.eval())))
    except Exception as error:  # it raises many kinds
        log.warning("the decoder runs uncompiled, at half the speed: %s", error)
        return step
