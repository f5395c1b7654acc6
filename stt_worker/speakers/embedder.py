"""Hears whose voice an utterance is."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from inference.linear import FloatLinear, Int8Linear
from inference.processor import int8_is_possible
from stt_worker.engine import SAMPLE_RATE_HZ, Audio
from stt_worker.speakers import checkpoint
from stt_worker.speakers.campplus import CamPlusPlus
from stt_worker.speakers.filterbank import FRAME_SAMPLES, HOP_SAMPLES, Filterbank
from stt_worker.speakers.settings import ClusteringSettings
from stt_worker.speakers.voice import Voice

_QUIET_DB = 25.0
"""A frame this much quieter than the loudest one holds no speech."""
_SILENT_DB = -60.0
"""A frame quieter than this, against full scale, never holds speech."""
_HEARD_S = ClusteringSettings().longest_s
_STEP = SAMPLE_RATE_HZ // 2
"""Half a second: torch keeps what it has prepared for each length that it met, so there are only five. Shorter audio is
filled up with silence; it makes no speaker anyway."""


class SpeakerEmbedder:
    """Turns utterances into voices. It is not thread-safe, and uses as many threads as torch is set to.

    Raises `ModelError` where the network cannot be fetched or is damaged.
    """

    def __init__(self, models_dir: Path) -> None:
        weights = checkpoint.load(checkpoint.resolve(models_dir))
        self._network = CamPlusPlus(weights, Int8Linear if int8_is_possible() else FloatLinear)
        self._filterbank = Filterbank()

    def voice(self, seq: int, audio: Audio) -> Voice:
        """The voice of an utterance: float32 [n_samples], mono at 16 kHz, within -1 to 1, of any length.

        Only the middle 2.5 s are heard, which bounds the time it takes.
        """
        samples = functional.pad(torch.from_numpy(audio), (0, max(0, _STEP - len(audio))))
        features = self._filterbank(_middle(samples))
        return Voice.of(seq, self._network(features).numpy(), min(_speech_s(samples), len(audio) / SAMPLE_RATE_HZ))


def _middle(samples: Tensor) -> Tensor:
    """The part that is heard: the middle, in whole steps."""
    heard = min(len(samples) // _STEP * _STEP, round(_HEARD_S * SAMPLE_RATE_HZ))
    start = (len(samples) - heard) // 2
    return samples[start : start + heard]


def _speech_s(samples: Tensor) -> float:
    """Seconds of speech, told by the loudness of frames."""
    power = samples.unfold(0, FRAME_SAMPLES, HOP_SAMPLES).square().mean(dim=1)
    loudness = 10 * power.clamp(min=1e-12).log10()
    return float((loudness > max(_SILENT_DB, float(loudness.max()) - _QUIET_DB)).sum()) * HOP_SAMPLES / SAMPLE_RATE_HZ
