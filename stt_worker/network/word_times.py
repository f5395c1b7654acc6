"""When each word of a finished text was said: openai-whisper's alignment over audio encoded in outline.

To get these times openai-whisper decodes again with timestamps and encodes its window of 30 s twice. Here text and
encoded audio are known already. One pass of the decoder over the known tokens gives the attention from which
`whisper.timing.find_alignment` reads the times by dynamic time warping.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from whisper.model import Whisper
from whisper.timing import find_alignment, merge_punctuations
from whisper.tokenizer import Tokenizer

from stt_worker.engine import TimedWord
from stt_worker.network.decoder import Decoder
from stt_worker.network.encoder import EncodedAudio

_PREPENDED, _APPENDED = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"  # noqa: RUF001 - of all languages
"""Punctuation that belongs to the word after it, and to the one before it; see `whisper.timing.add_word_timestamps`."""


def word_times(
    whisper: Whisper, decoder: Decoder, tokenizer: Tokenizer, encoded: EncodedAudio, tokens: list[int],
    speech_frames: int,
) -> tuple[TimedWord, ...]:  # fmt: skip
    """The words of a decoded text with their places in the audio, in order.

    Args:
        whisper: tells dimensions and alignment heads; its weights are not used.
        tokens: of the text.
        speech_frames: length of the audio in frames of 20 ms, none of which is in outline.
    """
    if not tokens:
        return ()
    reading: Any = _Reading(whisper, decoder, encoded)
    found = find_alignment(reading, tokenizer, tokens, torch.empty(0), 2 * speech_frames)
    merge_punctuations(found, _PREPENDED, _APPENDED)
    return tuple(
        TimedWord(one.word.strip(), float(one.start), float(one.end), float(one.probability))
        for one in found
        if one.word.strip()
    )


class _Reading:
    """The part of a model that `find_alignment` uses, with the audio encoded already."""

    def __init__(self, whisper: Whisper, decoder: Decoder, encoded: EncodedAudio) -> None:
        self.dims, self.alignment_heads = whisper.dims, whisper.alignment_heads
        self.device = encoded.features.device
        blocks = [SimpleNamespace(cross_attn=_Attention()) for _ in range(whisper.dims.n_text_layer)]
        self.decoder = SimpleNamespace(blocks=blocks)
        self._decoder, self._encoded = decoder, encoded

    def __call__(self, _mel: Tensor, tokens: Tensor) -> Tensor:
        read = self._decoder.read(self._encoded, tokens[0].tolist())
        for block, scores in zip(self.decoder.blocks, read.scores, strict=True):
            block.cross_attn(scores)
        return read.logits[None]


class _Attention(nn.Module):
    """Shows one layer's scores to the hook that `find_alignment` has put on it, as its own attention would."""

    def forward(self, scores: Tensor) -> tuple[None, Tensor]:
        return None, scores[None]
