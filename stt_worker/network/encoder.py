"""Whisper's encoder over the speech alone, with the rest of its 30 s window in outline.

Whisper was trained on windows of 30 s filled up with silence. Cutting the window after the speech
saves most of the work and ruins the text: the attention misses the silence. Here the silence stays,
but only every `stride`-th of its frames is computed, and counts for `stride` frames: adding
log(stride) to an attention score weighs that key as if it were there `stride` times. With a stride of
1 the result is that of the full window.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional
from whisper.audio import HOP_LENGTH, log_mel_spectrogram
from whisper.model import MultiHeadAttention, ResidualAttentionBlock, Whisper

from inference.linear import MakeLinear
from stt_worker.engine import Audio

FRAME_SAMPLES = 2 * HOP_LENGTH  # 320 samples, 20 ms: the second convolution halves the rate
EXTRA_MEL_FRAMES = 8


@dataclass(frozen=True, slots=True)
class Encoded:
    """What the decoder attends to."""

    features: Tensor
    """float32 [n_frames, n_state]"""
    log_weights: Tensor
    """float32 [n_frames]: log of how many frames of the window each one stands for."""


class Encoder:
    """Runs the encoder of an openai-whisper model over windows of any density."""

    def __init__(self, whisper: Whisper, make_linear: MakeLinear) -> None:
        self._dims = whisper.dims
        self._encoder = whisper.encoder
        self._blocks = [_Block(block, whisper.dims.n_audio_head, make_linear) for block in whisper.encoder.blocks]

    @property
    def window_frames(self) -> int:
        """Length of Whisper's window: 1500 frames of 20 ms."""
        return int(self._dims.n_audio_ctx)

    def __call__(self, audio: Audio, margin_frames: int, stride_frames: int) -> Encoded:
        """Encode at most 30 s of float32 audio at 16 kHz, exactly up to `margin_frames` after its end."""
        last = self.window_frames - 1
        dense = min(last, math.ceil(len(audio) / FRAME_SAMPLES) + margin_frames)
        sparse = torch.arange(dense + stride_frames // 2, last, stride_frames)
        speech, silence, edge = self._convolve(audio, dense)
        positions = self._encoder.positional_embedding
        x = torch.cat([speech + positions[:dense], silence + positions[sparse], edge + positions[last:]])[None]
        log_weights = torch.zeros(x.shape[1])
        if len(sparse):
            log_weights[dense:-1] = math.log((last - dense) / len(sparse))
        bias = log_weights[None, None, None] if stride_frames > 1 else None
        for block in self._blocks:
            x = block(x, bias)
        return Encoded(self._encoder.ln_post(x)[0], log_weights)

    def _convolve(self, audio: Audio, dense: int) -> tuple[Tensor, Tensor, Tensor]:
        """The frames up to `dense`, the one that all silence after them equals, and the window's last one."""
        samples = torch.from_numpy(audio)
        padding = max(0, (dense + 2) * FRAME_SAMPLES - len(samples))
        mel = log_mel_spectrogram(samples, self._dims.n_mels, padding=padding)[:, : 2 * dense]
        # Whisper's floor: what digital silence gives beside the loudest sound of the window
        floor = max(-1.5, float(mel.max()) - 2.0)
        mel = functional.pad(mel, (0, EXTRA_MEL_FRAMES), value=floor)
        x = functional.gelu(self._encoder.conv1(mel[None]))
        x = functional.gelu(self._encoder.conv2(x))[0].T
        return x[:dense], x[dense + 1 : dense + 2], x[-1:]


class _Block:
    """One layer with query, key and value in one matrix."""

    def __init__(self, block: ResidualAttentionBlock, heads: int, make_linear: MakeLinear) -> None:
        attention = block.attn
        self._heads = heads
        self._attention_norm, self._mlp_norm = block.attn_ln, block.mlp_ln
        self._qkv = make_linear(*fused_qkv(attention))
        self._out = make_linear(attention.out.weight, attention.out.bias)
        self._mlp_in = make_linear(block.mlp[0].weight, block.mlp[0].bias)
        self._mlp_out = make_linear(block.mlp[2].weight, block.mlp[2].bias)

    def __call__(self, x: Tensor, bias: Tensor | None) -> Tensor:
        _, length, state = x.shape
        qkv = self._qkv(self._attention_norm(x)).view(1, length, 3, self._heads, state // self._heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias, scale=1.0)
        x = x + self._out(mixed.transpose(1, 2).reshape(1, length, state))
        result: Tensor = x + self._mlp_out(functional.gelu(self._mlp_in(self._mlp_norm(x))))
        return result


def fused_qkv(attention: MultiHeadAttention) -> tuple[Tensor, Tensor]:
    """Weights and biases of query, key and value as one matrix; the attention's scale is in the query."""
    scale = (attention.query.weight.shape[0] // attention.n_head) ** -0.5
    weight = torch.cat([attention.query.weight * scale, attention.key.weight, attention.value.weight])
    no_bias = torch.zeros_like(attention.query.bias)
    return weight, torch.cat([attention.query.bias * scale, no_bias, attention.value.bias])
