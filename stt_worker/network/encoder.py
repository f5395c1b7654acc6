"""Whisper's encoder over the speech alone, with the rest of its 30 s window in outline.

Whisper was trained on windows of 30 s filled up with silence. Cutting the window after the speech saves most of the
work and ruins the text, because the attention misses the silence. Here the silence stays, but only every
`stride_frames`-th of its frames is computed, and counts for `stride_frames` frames: adding log(stride_frames) to an
attention score weighs that key as if it were there so many times. With a stride of 1 the result is that of the full
window. The method is this project's own (docs/adr/stt-short-context.md).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional
from whisper.audio import HOP_LENGTH, log_mel_spectrogram
from whisper.model import MultiHeadAttention, ResidualAttentionBlock, Whisper

from inference.linear import MakeLinear
from stt_worker.engine import Audio

FRAME_SAMPLES = 2 * HOP_LENGTH
"""Samples of one frame of the encoder: 320, which are 20 ms. Its second convolution halves the spectrogram's rate."""
EXTRA_MEL_FRAMES = 8
"""Spectrogram frames of silence that are computed after the speech, to read off what all silence looks like."""


@dataclass(frozen=True, slots=True)
class EncodedAudio:
    """One utterance as the decoder attends to it."""

    features: Tensor
    """float32 [n_frames, n_state]."""
    log_weights: Tensor
    """float32 [n_frames]: natural logarithm of how many frames of the window each one stands for."""


class Encoder:
    """The encoder of an openai-whisper model, over windows whose silence is in outline.

    Source: `whisper.model.AudioEncoder`, whose weights it uses.
    """

    def __init__(self, whisper: Whisper, make_linear: MakeLinear) -> None:
        self._dims = whisper.dims
        # The encoder itself would hold on to matrices of which make_linear makes others.
        encoder = whisper.encoder
        self._conv1, self._conv2, self._positions = encoder.conv1, encoder.conv2, encoder.positional_embedding
        self._last_norm = encoder.ln_post
        self._blocks = [
            _EncoderBlock(block, whisper.dims.n_audio_head, make_linear) for block in whisper.encoder.blocks
        ]

    @property
    def window_frames(self) -> int:
        """Length of Whisper's window: 1500 frames of 20 ms."""
        return int(self._dims.n_audio_ctx)

    def __call__(
        self, audio: Audio, margin_frames: int, stride_frames: int, between_steps: Callable[[], None] = lambda: None
    ) -> EncodedAudio:
        """Encode at most 30 s of audio, float32 [n_samples], mono at 16 kHz.

        Args:
            margin_frames: how many frames of 20 ms after the end of the audio are still computed one by one.
            stride_frames: of the silence after that, one frame in so many is computed.
            between_steps: called after each layer. It may encode and decode something else.
        """
        last = self.window_frames - 1
        dense = min(last, math.ceil(len(audio) / FRAME_SAMPLES) + margin_frames)
        sparse = torch.arange(dense + stride_frames // 2, last, stride_frames)
        speech, silence, edge = self._convolve(audio, dense)
        positions = self._positions
        x = torch.cat([speech + positions[:dense], silence + positions[sparse], edge + positions[last:]])[None]
        log_weights = torch.zeros(x.shape[1])
        if len(sparse):
            log_weights[dense:-1] = math.log((last - dense) / len(sparse))
        bias = log_weights[None, None, None] if stride_frames > 1 else None
        for block in self._blocks:
            x = block(x, bias)
            between_steps()
        return EncodedAudio(self._last_norm(x)[0], log_weights)

    def _convolve(self, audio: Audio, dense: int) -> tuple[Tensor, Tensor, Tensor]:
        """What the convolutions make of the audio: its first `dense` frames, a frame of silence, and the last frame.

        Each is float32 [n, n_state], with n of `dense`, 1 and 1. All frames of silence between are alike.
        """
        samples = torch.from_numpy(audio)
        padding = max(0, (dense + 2) * FRAME_SAMPLES - len(samples))
        mel = log_mel_spectrogram(samples, self._dims.n_mels, padding=padding)[:, : 2 * dense]
        # Whisper clips the spectrogram at this floor, so digital silence has this value everywhere.
        floor = max(-1.5, float(mel.max()) - 2.0)
        mel = functional.pad(mel, (0, EXTRA_MEL_FRAMES), value=floor)
        x = functional.gelu(self._conv1(mel[None]))
        x = functional.gelu(self._conv2(x))[0].T
        return x[:dense], x[dense + 1 : dense + 2], x[-1:]


class _EncoderBlock:
    """One layer of the encoder, with query, key and value in one matrix."""

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
    """Query, key and value of an attention as one matrix; the attention's scale is multiplied into the query.

    Returns weight float32 [3 * n_state, n_state] and bias float32 [3 * n_state]; Whisper's keys have no bias.
    """
    scale = (attention.query.weight.shape[0] // attention.n_head) ** -0.5
    query = attention.query.weight.float() * scale
    weight = torch.cat([query, attention.key.weight.float(), attention.value.weight.float()])
    no_bias = torch.zeros_like(attention.query.bias)
    return weight, torch.cat([attention.query.bias * scale, no_bias, attention.value.bias])
