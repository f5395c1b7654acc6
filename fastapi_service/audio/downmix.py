"""Makes one channel at 16 kHz of the frames of a file, however many channels they have."""

from __future__ import annotations

from collections.abc import Iterator

import av
import numpy as np
from numpy.typing import NDArray

from wta.audio_format import SAMPLE_RATE_HZ

_CANCELLED = 0.05
"""Two channels whose mean has less than this share of their power cancel each other: one is wired the wrong way round."""


class Downmix:
    """Makes PCM16, mono, of frames of one layout, sample format and rate. Nobody is lost who is in one channel only.

    Where a file names more than two channels (5.1), FFmpeg's weights are taken. Where it does not, FFmpeg would guess
    the names and leave one out as that of a subwoofer, so their mean is taken.
    """

    def __init__(self, layout: av.AudioLayout) -> None:
        named = layout.nb_channels > 2 and not layout.name.endswith("channels")
        self._n_channels = 1 if named else layout.nb_channels
        # Not planar: PyAV crashes where such a frame has more than eight channels.
        self._resampler = av.AudioResampler(format="s16", layout="mono" if named else layout, rate=SAMPLE_RATE_HZ)

    def mono(self, frame: av.AudioFrame | None) -> Iterator[bytes]:
        """Yield the next audio. None at the end: what the resampler still holds."""
        for part in self._resampler.resample(frame):
            samples = np.frombuffer(part.planes[0], dtype="<i2", count=part.samples * self._n_channels)
            yield _mean(samples.reshape(part.samples, self._n_channels)).astype("<i2").tobytes()


def _mean(samples: NDArray[np.int16]) -> NDArray[np.generic]:
    """[n_samples, n_channels] to [n_samples]."""
    if samples.shape[1] == 1:
        return samples[:, 0]
    mean = samples.mean(axis=1, dtype=np.float32)
    if samples.shape[1] == 2 and np.square(mean).sum() < _CANCELLED * np.square(samples, dtype=np.float32).sum() / 2:
        return samples[:, 0]
    return np.rint(mean)
