"""The speech pipeline turns one speaker's audio, at the client's sample rate, into utterances at 16 kHz."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from fastapi_service.audio.resampler import Resampler
from fastapi_service.audio.segment_events import SegmentEvent
from fastapi_service.audio.segment_limits import SegmentLimits
from fastapi_service.audio.segmenter import Segmenter
from fastapi_service.audio.vad import WINDOW_SAMPLES, SileroVad
from wta.audio_format import BYTES_PER_SAMPLE, float_to_pcm16, pcm16_to_float
from wta.settings import Settings


class SpeechPipeline:
    """Passes PCM16 at the client's rate through a resampler, a voice activity detector and a segmenter.

    Every method blocks, and the pipeline has a state: call one method at a time.
    """

    def __init__(
        self,
        settings: Settings,
        network: onnxruntime.InferenceSession,
        sample_rate_hz: int,
        endpoint_ms: int | None = None,
    ) -> None:
        """Make a pipeline for one stream of audio.

        Args:
            network: Silero VAD's network, from `load_network`; any number of pipelines can share it.
            sample_rate_hz: the client's sample rate.
            endpoint_ms: the silence that ends an utterance; None leaves it to the settings.
        """
        self._resampler = Resampler(sample_rate_hz)
        self._vad = SileroVad(network)
        self._rest: NDArray[np.float32] = np.zeros(0, dtype=np.float32)
        self.segmenter = Segmenter(SegmentLimits.of(settings, endpoint_ms))

    def push(self, pcm16: bytes) -> Iterator[SegmentEvent]:
        """Process whole PCM16 samples (mono, at the client's rate) and yield the events that they cause."""
        yield from self._windows(self._resampler.push(pcm16_to_float(pcm16)))

    def finalize(self) -> Iterator[SegmentEvent]:
        """End the open utterance with the audio pushed so far, and yield its events."""
        rest, self._rest = self._rest, self._rest[:0]
        if len(rest):
            yield from self.segmenter.push(rest, self._vad.probability(rest))
        yield from self.segmenter.finalize()

    def finish(self) -> Iterator[SegmentEvent]:
        """End the stream, and yield the last events. Nothing may be pushed afterwards."""
        yield from self._windows(self._resampler.flush())
        yield from self.finalize()

    def client_sample(self, sample: int) -> int:
        """Convert a sample number at 16 kHz to one at the client's rate, rounded down.

        Both are counted from the first sample that was pushed.
        """
        return self._resampler.ratio.inputs_before(sample)

    def _windows(self, samples: NDArray[np.float64]) -> Iterator[SegmentEvent]:
        ready = np.concatenate([self._rest, samples.astype(np.float32)])
        whole = len(ready) // WINDOW_SAMPLES * WINDOW_SAMPLES
        self._rest = ready[whole:]
        windows = ready[:whole].reshape(-1, WINDOW_SAMPLES)
        pcm16, size = float_to_pcm16(ready[:whole]), WINDOW_SAMPLES * BYTES_PER_SAMPLE
        for n, (window, probability) in enumerate(zip(windows, self._vad.probabilities(windows), strict=True)):
            yield from self.segmenter.push(window, probability, pcm16[n * size : (n + 1) * size])
