"""One speaker's audio, from the client's rate to utterances. Blocking and stateful: one call at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from fastapi_service.audio.resampler import Resampler
from fastapi_service.audio.segmenter import Segmenter, SegmentEvent, SegmentLimits
from fastapi_service.audio.vad import WINDOW_SAMPLES, SileroVad
from wta.audio_format import BYTES_PER_SAMPLE, float_to_pcm16, pcm16_to_float
from wta.settings import Settings


class SpeechPipeline:
    """PCM16 at the client's rate → resampler → VAD → segmenter."""

    def __init__(
        self,
        settings: Settings,
        network: onnxruntime.InferenceSession,
        sample_rate_hz: int,
        endpoint_ms: int | None = None,
    ) -> None:
        self._resampler = Resampler(sample_rate_hz)
        self._vad = SileroVad(network)
        self._rest: NDArray[np.float32] = np.zeros(0, dtype=np.float32)
        self.segmenter = Segmenter(SegmentLimits.of(settings, endpoint_ms))

    def push(self, pcm16: bytes) -> Iterator[SegmentEvent]:
        """Take whole samples; give what they decided, one event at a time."""
        yield from self._windows(self._resampler.push(pcm16_to_float(pcm16)))

    def finalize(self) -> Iterator[SegmentEvent]:
        """End the open utterance with the audio taken so far."""
        rest, self._rest = self._rest, self._rest[:0]
        if len(rest):
            yield from self.segmenter.push(rest, self._vad.probability(rest))
        yield from self.segmenter.finalize()

    def finish(self) -> Iterator[SegmentEvent]:
        """End of the audio: nothing may be pushed afterwards."""
        yield from self._windows(self._resampler.flush())
        yield from self.finalize()

    def client_sample(self, sample: int) -> int:
        """Sample at 16 kHz → sample at the client's rate, rounded down, both counted from the first pushed."""
        return self._resampler.ratio.inputs_before(sample)

    def _windows(self, samples: NDArray[np.float64]) -> Iterator[SegmentEvent]:
        ready = np.concatenate([self._rest, samples.astype(np.float32)])
        whole = len(ready) // WINDOW_SAMPLES * WINDOW_SAMPLES
        self._rest = ready[whole:]
        windows = ready[:whole].reshape(-1, WINDOW_SAMPLES)
        pcm16, size = float_to_pcm16(ready[:whole]), WINDOW_SAMPLES * BYTES_PER_SAMPLE
        for n, (window, probability) in enumerate(zip(windows, self._vad.probabilities(windows), strict=True)):
            yield from self.segmenter.push(window, probability, pcm16[n * size : (n + 1) * size])
