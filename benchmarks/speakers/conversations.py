"""Makes conversations out of sentences of single readers, so that it is known who speaks when."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnxruntime

from benchmarks.speakers.recordings import Conversation, Readers, Turn
from benchmarks.speech.recordings import Audio
from fastapi_service.audio.pipeline import SpeechPipeline
from fastapi_service.audio.segment_events import UtteranceCut
from wta.audio_format import SAMPLE_RATE_HZ, float_to_pcm16
from wta.settings import Settings

TURN_S = (1.0, 6.0)
"""Shortest and longest turn, in seconds; no turn is longer than its sentence."""
GAPS_S = {True: (0.5, 1.5), False: (0.0, 0.2)}
"""Shortest and longest silence between two turns: with gaps each turn ends an utterance, without them none does."""
_FRAME = SAMPLE_RATE_HZ // 100
_QUIET_DB, _PAUSE_S = 35.0, 0.3
"""A frame this much quieter than the loudest holds no speech, and a pause this long within a turn is not spoken."""
_NOISE = 3e-4
"""Standard deviation of the noise below everything. Without it the gaps would be digital silence."""


def make(readers: Readers, names: Sequence[str], *, gaps: bool, seconds: float, seed: int) -> Conversation:
    """A conversation of the named readers, at least `seconds` long. Nobody has two turns in a row, unless alone."""
    chance = np.random.default_rng(seed)
    parts, turns, at, last = [_silence(0.5)], [], 0.5, ""
    while at < seconds:
        last = str(chance.choice([name for name in names if name != last or len(names) == 1]))
        said = _some(readers[last][chance.integers(len(readers[last]))], chance)
        gap = _silence(chance.uniform(*GAPS_S[gaps]))
        turns += [Turn(last, at + start, at + end) for start, end in _spoken(said)]
        parts += [said, gap]
        at += (len(said) + len(gap)) / SAMPLE_RATE_HZ
    audio = np.concatenate(parts)
    noise = chance.normal(0, _NOISE, len(audio)).astype(np.float32)
    return Conversation(f"{len(names)} speakers, {'gaps' if gaps else 'no gaps'}, {seed}", audio + noise, tuple(turns))


def without_silence(sentence: Audio, settings: Settings, network: onnxruntime.InferenceSession) -> Audio:
    """The sentence from its first to its last sample of speech, as the service's voice detection finds them."""
    lead = _silence(0.5)
    pipeline = SpeechPipeline(settings, network, SAMPLE_RATE_HZ)
    events = [*pipeline.push(float_to_pcm16(np.concatenate([lead, sentence, _silence(1.0)]))), *pipeline.finish()]
    cuts = [event for event in events if isinstance(event, UtteranceCut)]
    preroll = settings.preroll_ms * SAMPLE_RATE_HZ // 1000
    first, last = cuts[0].start_sample + preroll - len(lead), cuts[-1].speech_end_sample - len(lead)
    return sentence[max(0, first) : last]


def _spoken(said: Audio) -> list[tuple[float, float]]:
    """Where there is speech in a turn, in seconds. A long pause is none; it is told by loudness, not by the product."""
    frames = said[: len(said) // _FRAME * _FRAME].reshape(-1, _FRAME)
    loudness = 10 * np.log10(np.square(frames).mean(axis=1) + 1e-12)
    loud = np.flatnonzero(loudness > loudness.max() - _QUIET_DB)
    breaks = np.flatnonzero(np.diff(loud) * _FRAME > _PAUSE_S * SAMPLE_RATE_HZ)
    starts, ends = np.append(loud[0], loud[breaks + 1]), np.append(loud[breaks], loud[-1])
    return [
        (start * _FRAME / SAMPLE_RATE_HZ, (end + 1) * _FRAME / SAMPLE_RATE_HZ)
        for start, end in zip(starts, ends, strict=True)
    ]


def _some(sentence: Audio, chance: np.random.Generator) -> Audio:
    length = min(len(sentence), int(chance.uniform(*TURN_S) * SAMPLE_RATE_HZ))
    start = int(chance.integers(len(sentence) - length + 1))
    return sentence[start : start + length]


def _silence(seconds: float) -> Audio:
    return np.zeros(int(seconds * SAMPLE_RATE_HZ), dtype=np.float32)
