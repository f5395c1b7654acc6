"""Reads audio files as mono PCM16, a block at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr  # type: ignore[import-untyped]
from numpy.typing import NDArray

from wta.audio_format import MAX_INPUT_RATE_HZ, MIN_INPUT_RATE_HZ, float_to_pcm16
from wta.errors import AudioError

_BLOCK_S = 0.5


class AudioFile:
    """A WAV, FLAC or other file that libsndfile reads, of any rate and any number of channels (their mean is taken).

    The audio keeps the file's own rate. Where the protocol does not allow that rate, the nearest allowed one is used.
    Raises AudioError where the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise AudioError(f"{path}: there is no such file.")
        try:
            info = soundfile.info(str(path))
        except soundfile.LibsndfileError as error:
            raise AudioError(f"{path}: cannot be read as audio ({error.error_string}).") from error
        self.path = path
        self.own_rate_hz: int = info.samplerate
        self.sample_rate_hz = min(MAX_INPUT_RATE_HZ, max(MIN_INPUT_RATE_HZ, self.own_rate_hz))
        self.duration_s = float(info.duration)

    def blocks(self) -> Iterator[bytes]:
        """Yield PCM16 little-endian mono at `sample_rate_hz`, about half a second each. Raises AudioError."""
        try:
            for samples in self._mono():
                if samples.size:
                    yield float_to_pcm16(samples)
        except soundfile.LibsndfileError as error:
            raise AudioError(f"{self.path}: is damaged ({error.error_string}).") from error

    def _mono(self) -> Iterator[NDArray[np.float32]]:
        """Yield float32 [n_samples] in [-1, 1] at `sample_rate_hz`."""
        frames = round(_BLOCK_S * self.own_rate_hz)
        blocks = soundfile.blocks(str(self.path), blocksize=frames, dtype="float32", always_2d=True)
        mono = (np.nan_to_num(block).mean(axis=1, dtype=np.float32) for block in blocks)
        if self.sample_rate_hz == self.own_rate_hz:
            yield from mono
            return
        resampler = soxr.ResampleStream(self.own_rate_hz, self.sample_rate_hz, 1, dtype="float32")
        for samples in mono:
            yield resampler.resample_chunk(samples)
        yield resampler.resample_chunk(np.zeros(0, dtype=np.float32), last=True)
