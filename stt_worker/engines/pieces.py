"""Cuts audio that is longer than Whisper's window at its quietest spots, and joins what was heard in the pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from stt_worker.engine import SAMPLE_RATE_HZ, Audio, TimedWord, Transcript

_FRAME = SAMPLE_RATE_HZ // 50
"""Samples in 20 ms."""
_LEAST_SHARE = 0.7
"""A piece is at least this share of the longest, so that there are few."""


def in_pieces(audio: Audio, longest_s: float, transcribe: Callable[[Audio], Transcript]) -> Transcript:
    """The transcript of audio, float32 [n_samples] at 16 kHz, that is longer than `longest_s`."""
    pieces = list(_pieces(audio, int(longest_s * SAMPLE_RATE_HZ)))
    heard = [(first, transcribe(piece)) for first, piece in pieces]
    spoken = [(first, one) for first, one in heard if one.text] or heard[:1]
    words = tuple(word for first, one in spoken for word in _later(one.words or (), first / SAMPLE_RATE_HZ))
    return replace(
        spoken[0][1],
        text=" ".join(one.text for _, one in spoken),
        avg_logprob=min(one.avg_logprob for _, one in spoken),
        words=None if spoken[0][1].words is None else words,
        passes=sum(one.passes for _, one in heard),
        retried=any(one.retried for _, one in heard),
    )


def _pieces(audio: Audio, longest: int) -> Iterator[tuple[int, Audio]]:
    """Each piece with the index of its first sample."""
    first = 0
    while len(audio) - first > longest:
        end = first + _quietest(audio[first : first + longest], int(_LEAST_SHARE * longest))
        yield first, audio[first:end]
        first = end
    yield first, audio[first:]


def _quietest(audio: Audio, least: int) -> int:
    """Index of the sample in the middle of the quietest 100 ms after `least`."""
    part = audio[least:]
    energy = np.square(part[: len(part) // _FRAME * _FRAME].reshape(-1, _FRAME)).sum(axis=1)
    return least + _FRAME * int(np.argmin(np.convolve(energy, np.ones(5), mode="valid"))) + _FRAME * 5 // 2


def _later(words: tuple[TimedWord, ...], by_s: float) -> Iterator[TimedWord]:
    return (replace(word, start_s=word.start_s + by_s, end_s=word.end_s + by_s) for word in words)
