"""Whisper learned from subtitles, and stops now and then long before the speech does: where to hear on from.

openai-whisper stops there, too. A text of far fewer tokens than its audio has room for is suspicious; its words'
times (word_times.py) tell what was left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stt_worker.engine import SAMPLE_RATE_HZ, Audio, Word

_LONG_S = 4.0
"""In less time people may well say two words only."""
_LEAST_HEARD_S = 0.3
"""So that each time less is left."""
_LEAST_LEFT_S = 1.5
"""More than the silence that ends an utterance."""
_FRAME = SAMPLE_RATE_HZ // 50
_BEFORE_S, _AFTER_S = 0.1, 0.5
"""A word's end is known no better than this."""


def may_end_early(audio: Audio, tokens: int, least_tokens_per_s: float) -> bool:
    """Whether a text of so many tokens is short for `audio`, float32 [n_samples] at 16 kHz."""
    seconds = len(audio) / SAMPLE_RATE_HZ
    return seconds >= _LONG_S and 0 < tokens < least_tokens_per_s * seconds


def unheard(audio: Audio, words: Sequence[Word]) -> Audio | None:
    """What comes after the last of `words`, from the quietest spot about its end; None: next to nothing does."""
    at = _quietest(audio, words[-1].end_s) if words else 0
    heard_s, left_s = at / SAMPLE_RATE_HZ, (len(audio) - at) / SAMPLE_RATE_HZ
    return audio[at:] if heard_s >= _LEAST_HEARD_S and left_s >= _LEAST_LEFT_S else None


def _quietest(audio: Audio, around_s: float) -> int:
    """Sample in the middle of the quietest 40 ms; the end where none are left."""
    first = max(0, int((around_s - _BEFORE_S) * SAMPLE_RATE_HZ))
    part = audio[first : int((around_s + _AFTER_S) * SAMPLE_RATE_HZ)]
    energy = np.square(part[: len(part) // _FRAME * _FRAME].reshape(-1, _FRAME)).sum(axis=1)
    if len(energy) < 2:
        return len(audio)
    return first + _FRAME * (1 + int(np.argmin(energy[1:] + energy[:-1])))
