"""Notices texts that end long before the speech does, and finds the audio that was not transcribed.

Whisper learned from subtitles and stops early now and then, in openai-whisper as well. A text of far fewer tokens
than its audio has room for is suspicious; the times of its words (network/word_times.py) tell what was left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stt_worker.engine import SAMPLE_RATE_HZ, Audio, TimedWord

_LONG_S = 4.0
"""Shorter audio is not suspected: people may well say only two words in it."""
_LEAST_HEARD_S = 0.3
"""The transcribed part must be this long, so that each further decode has less audio left to do."""
_LEAST_LEFT_S = 1.5
"""The rest must be this long: longer than the silence that ends an utterance."""
_FRAME = SAMPLE_RATE_HZ // 50
"""Samples in 20 ms."""
_BEFORE_S, _AFTER_S = 0.1, 0.5
"""The end of a word is known no better than this; the audio is cut within this range around it."""


def may_end_early(audio: Audio, tokens: int, least_tokens_per_s: float) -> bool:
    """Whether a text of so many tokens is suspiciously short for `audio`, float32 [n_samples], mono at 16 kHz."""
    seconds = len(audio) / SAMPLE_RATE_HZ
    return seconds >= _LONG_S and 0 < tokens < least_tokens_per_s * seconds


def unheard_rest(audio: Audio, words: Sequence[TimedWord]) -> Audio | None:
    """The audio after the last of `words`, cut at the quietest spot near that word's end: float32 [n_samples].

    None where there are no words, or where too little audio comes after them to be worth another decode.
    """
    at = _quietest(audio, words[-1].end_s) if words else 0
    heard_s, left_s = at / SAMPLE_RATE_HZ, (len(audio) - at) / SAMPLE_RATE_HZ
    return audio[at:] if heard_s >= _LEAST_HEARD_S and left_s >= _LEAST_LEFT_S else None


def _quietest(audio: Audio, around_s: float) -> int:
    """Index of the sample in the middle of the quietest 40 ms near `around_s`; the end where the audio is too short."""
    first = max(0, int((around_s - _BEFORE_S) * SAMPLE_RATE_HZ))
    part = audio[first : int((around_s + _AFTER_S) * SAMPLE_RATE_HZ)]
    energy = np.square(part[: len(part) // _FRAME * _FRAME].reshape(-1, _FRAME)).sum(axis=1)
    if len(energy) < 2:
        return len(audio)
    return first + _FRAME * (1 + int(np.argmin(energy[1:] + energy[:-1])))
