"""Makes one channel at 16 kHz of the frames of a file, however many channels they have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import cast

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

from wta.audio_format import SAMPLE_RATE_HZ

_CANCELLED = 0.05
"""Two channels whose mean has less of their power than this cancel each other: one is wired the wrong way round."""


class Downmix:
    """Makes PCM16, mono, of frames of one layout, sample format and rate. Nobody is lost who is in one channel only.

    Where a file names more than two channels (5.1), FFmpeg's weights are taken. Where it does not, FFmpeg would guess
    the names and leave one out as that of a subwoofer, so their mean is taken.
    """

    def __init__(self, like: av.AudioFrame) -> None:
        """`like`: one of the frames to come."""
        layout = like.layout
        ambisonic = layout.name.startswith("ambisonic")
        named = layout.nb_channels > 2 and not (ambisonic or layout.name.endswith("channels"))
        self._n_channels = 1 if named else layout.nb_channels
        self._n_heard = 1 if ambisonic else self._n_channels  # whose first channel hears every direction
        self._graph = _resampler(like, "mono" if named else layout.name)

    def mono(self, frame: av.AudioFrame | None) -> Iterator[bytes]:
        """Yield the next audio. None at the end: what the resampler still holds."""
        self._graph.push(frame)
        with suppress(EOFError, BlockingIOError):
            while True:
                yield self._mono(cast("av.AudioFrame", self._graph.pull()))

    def _mono(self, frame: av.AudioFrame) -> bytes:
        samples = np.frombuffer(bytes(frame.planes[0]), dtype="<i2", count=frame.samples * self._n_channels)
        return _mean(samples.reshape(frame.samples, self._n_channels)[:, : self._n_heard]).tobytes()


def _resampler(like: av.AudioFrame, layout: str) -> Graph:
    """PyAV's own AudioResampler takes a thread a core, and the decoder's memory with them."""
    graph = Graph()
    graph.threads = 1
    graph.link_nodes(
        graph.add_abuffer(None, like.sample_rate, like.format.name, like.layout.name, time_base=like.time_base),
        # Not planar: PyAV crashes where such a frame has more than eight channels.
        graph.add("aformat", sample_rates=str(SAMPLE_RATE_HZ), sample_fmts="s16", channel_layouts=layout),
        graph.add("abuffersink"),
    ).configure()
    return graph


def _mean(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    """[n_samples, n_channels] to [n_samples]."""
    first = samples[:, 0]
    if samples.shape[1] == 1:
        return first
    mean: NDArray[np.float32] = samples.mean(axis=1, dtype=np.float32)
    power = np.square(samples, dtype=np.float32).mean()
    if samples.shape[1] == 2 and np.square(mean).mean() < _CANCELLED * power:
        return first
    return mean.round().astype(np.int16)
