"""When each word of a finished text was said: openai-whisper's alignment over audio encoded in outline.

To get these times openai-whisper decodes again with timestamps and encodes its window of 30 s twice. Here text and
encoded audio are known already. One pass of the decoder over the known tokens gives the attention from which
`whisper.timing.find_alignment` reads the times by dynamic time warping.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from whisper.model import Whisper
from whisper.timing import find_alignment, merge_punctuations
from whisper.tokenizer import Tokenizer

from stt_worker.engine import TimedWord
from stt_worker.network.encoder import EncodedAudio

_PREPENDED, _APPENDED = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"  # noqa: RUF001 - of all languages
"""Punctuation that belongs to the word after it, and to the one before it; see `whisper.timing.add_word_timestamps`."""


def word_times(
    whisper: Whisper, tokenizer: Tokenizer, encoded: EncodedAudio, tokens: list[int], speech_frames: int
) -> tuple[TimedWord, ...]:
    """The words of a decoded text with their places in the audio, in order.

    Args:
        tokens: of the text.
        speech_frames: length of the audio in frames of 20 ms.
    """
    if not tokens:
        return ()
    with_audio: Any = _EncodedWhisper(whisper, _window(encoded))
    found = find_alignment(with_audio, tokenizer, tokens, torch.empty(0), 2 * speech_frames)
    merge_punctuations(found, _PREPENDED, _APPENDED)
    return tuple(
        TimedWord(one.word.strip(), float(one.start), float(one.end), float(one.probability))
        for one in found
        if one.word.strip()
    )


def _window(encoded: EncodedAudio) -> Tensor:
    """Features of the whole window, float32 [1, n_audio_ctx, n_state]: each frame is repeated as often as it counts."""
    counts = encoded.log_weights.exp().round().long()
    return encoded.features.repeat_interleave(counts, dim=0)[None]


class _EncodedWhisper:
    """The part of a model that `find_alignment` uses, with the audio encoded already."""

    def __init__(self, whisper: Whisper, features: Tensor) -> None:
        self.decoder, self.dims, self.device = whisper.decoder, whisper.dims, features.device
        self.alignment_heads = whisper.alignment_heads
        self._features = features

    def __call__(self, _mel: Tensor, tokens: Tensor) -> Tensor:
        logits: Tensor = self.decoder(tokens, self._features)
        return logits
