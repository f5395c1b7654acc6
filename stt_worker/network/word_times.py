"""When each word of a finished text was said: openai-whisper's alignment on the short-context encoder.

openai-whisper decodes again with timestamps and encodes the 30 s window twice to get these times. Here the text
is there already, and so is the audio in outline: one pass of the decoder over the known tokens gives the
attention that openai-whisper's find_alignment() reads the times from (whisper/timing.py; dynamic time warping).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from whisper.model import Whisper
from whisper.timing import find_alignment, merge_punctuations
from whisper.tokenizer import Tokenizer

from stt_worker.engine import Word
from stt_worker.network.encoder import Encoded

_PREPENDED, _APPENDED = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"  # noqa: RUF001 - of all languages
"""Punctuation that belongs to the word after it, and before it: as in whisper.timing.add_word_timestamps."""


def word_times(
    whisper: Whisper, tokenizer: Tokenizer, encoded: Encoded, tokens: list[int], speech_frames: int
) -> tuple[Word, ...]:
    """Place the words of `tokens` (a decoded text) in the audio; `speech_frames` of 20 ms is how long that is."""
    if not tokens:
        return ()
    with_audio: Any = _Encoded(whisper, _window(encoded))
    found = find_alignment(with_audio, tokenizer, tokens, torch.empty(0), 2 * speech_frames)
    merge_punctuations(found, _PREPENDED, _APPENDED)
    return tuple(
        Word(one.word.strip(), float(one.start), float(one.end), float(one.probability))
        for one in found
        if one.word.strip()
    )


def _window(encoded: Encoded) -> Tensor:
    """[1, n_audio_ctx, n_state]: each frame as many times as it counts, in whole numbers."""
    counts = encoded.log_weights.exp().round().long()
    return encoded.features.repeat_interleave(counts, dim=0)[None]


class _Encoded:
    """What find_alignment() wants of a model, with the audio encoded already."""

    def __init__(self, whisper: Whisper, features: Tensor) -> None:
        self.decoder, self.dims, self.device = whisper.decoder, whisper.dims, features.device
        self.alignment_heads = whisper.alignment_heads
        self._features = features

    def __call__(self, _mel: Tensor, tokens: Tensor) -> Tensor:
        logits: Tensor = self.decoder(tokens, self._features)
        return logits
