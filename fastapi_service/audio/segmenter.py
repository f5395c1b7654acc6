"""Cuts a stream of audio windows into utterances. Pure: no clock, no network, no model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from wta.audio_format import SAMPLE_RATE_HZ, float_to_pcm16
from wta.settings import Settings

_MIN_SPEECH_MS = 90
"""Three windows of speech make an utterance; less is a click."""
_HYSTERESIS = 0.15
"""Speech goes on until the probability falls this much below the threshold (silero-vad's own value)."""
_SEARCH_S = 5.0
"""How far back the quietest spot is looked for when an utterance has become too long."""
_PAUSE_MS = 96
"""Three windows of silence: short of an endpoint by far, and most often the start of one."""
_SPOT_WINDOWS = 2
"""Windows on either side of a spot that make up its loudness: 128 ms in all."""


class SpeakerState(Enum):
    """Where the speaker is."""

    SILENCE = auto()
    ONSET = auto()
    """Something like speech, too short yet to be sure."""
    SPEECH = auto()
    TRAILING = auto()
    """Silence after speech, too short yet to end the utterance."""


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """Somebody began to speak."""

    at_sample: int
    """First sample of speech, 16 kHz, counted from the first window pushed."""


@dataclass(frozen=True, slots=True)
class SpeechPaused:
    """The speaker has been silent for a moment. When nothing more is said, this is the whole utterance."""

    pcm16: bytes
    """From the utterance's start to now."""


@dataclass(frozen=True, slots=True)
class UtteranceCut:
    """One utterance, whole. Samples at 16 kHz, counted from the first window pushed."""

    start_sample: int
    end_sample: int
    speech_end_sample: int
    """Where the speaking ended; the utterance has a little silence after it."""
    pcm16: bytes
    paused_samples: int | None = None
    """Length of the `SpeechPaused` after which nothing was said; None where there was none."""
    continues: bool = False
    """It was cut for its length, and the speech goes on in the next one."""


SegmentEvent = SpeechBegan | SpeechPaused | UtteranceCut


@dataclass(frozen=True, slots=True)
class SegmentLimits:
    """Lengths in samples at 16 kHz."""

    threshold: float
    preroll: int
    endpoint: int
    longest: int
    min_speech: int = _MIN_SPEECH_MS * SAMPLE_RATE_HZ // 1000
    pause: int = _PAUSE_MS * SAMPLE_RATE_HZ // 1000

    @classmethod
    def of(cls, settings: Settings, endpoint_ms: int | None = None) -> SegmentLimits:
        """`endpoint_ms`: what the session asked for."""
        per_ms = SAMPLE_RATE_HZ // 1000
        return cls(
            settings.vad_threshold,
            settings.preroll_ms * per_ms,
            (endpoint_ms or settings.endpoint_ms) * per_ms,
            round(settings.max_utterance_s * SAMPLE_RATE_HZ),
        )


@dataclass(frozen=True, slots=True)
class _Window:
    start: int
    samples: NDArray[np.float32]
    speech: bool
    pcm16: bytes
    """Made once: an open utterance is asked for many times."""

    @property
    def end(self) -> int:
        return self.start + len(self.samples)

    @property
    def energy(self) -> float:
        return float(np.square(self.samples, dtype=np.float64).sum())


class Segmenter:
    """Utterances follow one another without overlap; what lies between them was silence.

    In SILENCE the newest `preroll` samples are kept, because speech begins before it is noticed.
    """

    def __init__(self, limits: SegmentLimits) -> None:
        self._limits = limits
        self._kept: list[_Window] = []
        self._position = 0
        self._paused_at: int | None = None
        self.state = SpeakerState.SILENCE

    @property
    def keep_from(self) -> int:
        """Samples before this one are in an utterance that was cut, or silence: they need no keeping."""
        return self._kept[0].start if self._kept else self._position

    @property
    def is_open(self) -> bool:
        """Whether an utterance has started and is not cut yet."""
        return self.state in (SpeakerState.SPEECH, SpeakerState.TRAILING)

    @property
    def is_paused(self) -> bool:
        """Whether `SpeechPaused` was given and nothing was said since."""
        return self._paused_at is not None

    def open_audio(self) -> bytes:
        """PCM16 of the utterance so far."""
        return _pcm16(self._kept)

    def push(self, samples: NDArray[np.float32], probability: float, pcm16: bytes | None = None) -> list[SegmentEvent]:
        """Take one window [n] and its speech probability, 0..1; give what it decided.

        Args:
            pcm16: the same samples, where the caller has them: of many windows at once they cost less.
        """
        pcm16 = float_to_pcm16(samples) if pcm16 is None else pcm16
        window = _Window(self._position, samples, self._is_speech(probability), pcm16)
        self._kept.append(window)
        self._position = window.end
        self.state = self._next_state(window.speech)
        if self.state is not SpeakerState.TRAILING:
            self._paused_at = None
        return self._act()

    def finalize(self) -> list[SegmentEvent]:
        """End the open utterance here; a click that was no speech yet is dropped."""
        events: list[SegmentEvent] = [self._cut(len(self._kept))] if self.is_open else []
        self._fall_silent()
        return events

    def _is_speech(self, probability: float) -> bool:
        going_on = self.state in (SpeakerState.ONSET, SpeakerState.SPEECH)
        return probability >= self._limits.threshold - (_HYSTERESIS if going_on else 0)

    def _next_state(self, speech: bool) -> SpeakerState:
        match self.state, speech:
            case SpeakerState.SILENCE, True:
                return SpeakerState.ONSET
            case SpeakerState.TRAILING, True:
                return SpeakerState.SPEECH
            case SpeakerState.SPEECH, False:
                return SpeakerState.TRAILING
        return self.state

    def _act(self) -> list[SegmentEvent]:
        match self.state:
            case SpeakerState.SILENCE:
                self._fall_silent()
            case SpeakerState.ONSET:
                return self._judge_onset()
            case SpeakerState.TRAILING if self._quiet_samples() >= self._limits.endpoint:
                return self._end()
            case SpeakerState.SPEECH | SpeakerState.TRAILING if self._position - self.keep_from >= self._limits.longest:
                return self._cut_long()
            case SpeakerState.TRAILING if self._quiet_samples() >= self._limits.pause and not self.is_paused:
                self._paused_at = self._position
                return [SpeechPaused(self.open_audio())]
        return []

    def _judge_onset(self) -> list[SegmentEvent]:
        if sum(len(w.samples) for w in self._kept if w.speech) >= self._limits.min_speech:
            self.state = SpeakerState.SPEECH
            return [self._started()]
        if self._quiet_samples() >= self._limits.min_speech:
            self._fall_silent()
        return []

    def _started(self) -> SpeechBegan:
        return SpeechBegan(next(w.start for w in self._kept if w.speech))

    def _quiet_samples(self) -> int:
        return self._position - self._speech_end()

    def _speech_end(self) -> int:
        return next((w.end for w in reversed(self._kept) if w.speech), self.keep_from)

    def _end(self) -> list[SegmentEvent]:
        """Half of the silence goes with the utterance, the other half may be the next one's pre-roll."""
        last = self._speech_end() + self._limits.endpoint // 2
        events: list[SegmentEvent] = [self._cut(sum(w.start < last for w in self._kept))]
        self._fall_silent()
        return events

    def _cut_long(self) -> list[SegmentEvent]:
        """Cut at the quietest spot; what follows it is the start of the next utterance."""
        cut = self._cut(self._quietest_spot())
        if any(w.speech for w in self._kept):
            return [replace(cut, continues=True), self._started()]
        self._fall_silent()
        return [cut]

    def _quietest_spot(self) -> int:
        energies = np.array([w.energy for w in self._kept])
        windows = max(1, round(_SEARCH_S * SAMPLE_RATE_HZ / len(self._kept[0].samples)))
        first = max(len(energies) // 2, len(energies) - windows)
        loudness = [energies[i - _SPOT_WINDOWS : i + _SPOT_WINDOWS].sum() for i in range(first, len(energies) - 1)]
        return first + int(np.argmin(loudness))

    def _cut(self, count: int) -> UtteranceCut:
        said, self._kept = self._kept[:count], self._kept[count:]
        speech_end = next((w.end for w in reversed(said) if w.speech), said[-1].end)
        start, end = said[0].start, said[-1].end
        paused_at, self._paused_at = self._paused_at, None
        paused = paused_at - start if paused_at is not None and paused_at <= end else None
        return UtteranceCut(start, end, speech_end, _pcm16(said), paused)

    def _fall_silent(self) -> None:
        self.state = SpeakerState.SILENCE
        while self._kept and self._kept[0].end <= self._position - self._limits.preroll:
            del self._kept[0]


def _pcm16(windows: list[_Window]) -> bytes:
    return b"".join(w.pcm16 for w in windows)
