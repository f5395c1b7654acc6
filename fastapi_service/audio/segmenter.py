"""The segmenter cuts a stream of audio windows into utterances. It is pure: no clock, no network, no model.

A window counts as speech if its probability reaches a threshold, which is lower while speech goes on, as in Silero
VAD's `VADIterator`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from fastapi_service.audio.segment_events import SegmentEvent, SpeechBegan, SpeechPaused, UtteranceCut
from fastapi_service.audio.segment_limits import SegmentLimits
from fastapi_service.audio.verdict import Verdict
from wta.audio_format import SAMPLE_RATE_HZ, float_to_pcm16

_HYSTERESIS = 0.15
"""Speech goes on until its probability falls this much below the threshold. The value is Silero VAD's own."""
_SEARCH_S = 5.0
"""How far back the segmenter looks for the quietest spot in an utterance that has become too long."""
_SPOT_WINDOWS = 2
"""How many windows on either side of a spot make up its loudness: 128 ms of audio in all."""


class SpeakerState(Enum):
    """What the speaker is doing now."""

    SILENCE = auto()
    """Nobody is speaking."""
    ONSET = auto()
    """There is something like speech, but it is still too short to be sure."""
    SPEECH = auto()
    """Somebody is speaking."""
    TRAILING = auto()
    """There is silence after speech, but it is still too short to end the utterance."""


@dataclass(frozen=True, slots=True)
class _Window:
    start: int
    samples: NDArray[np.float32]
    speech: bool
    pcm16: bytes
    """The same samples as PCM16. They are converted once, because the audio of an open utterance is read many times."""

    @property
    def end(self) -> int:
        return self.start + len(self.samples)

    @property
    def energy(self) -> float:
        return float(np.square(self.samples, dtype=np.float64).sum())


class Segmenter:
    """Cuts windows of audio into utterances that do not overlap. Between two utterances there is only silence.

    During silence the segmenter keeps the newest `preroll` samples, because speech begins before it is noticed.
    """

    def __init__(self, limits: SegmentLimits) -> None:
        self._limits = limits
        self._kept: list[_Window] = []
        self._position = 0
        self._paused_at: int | None = None
        self._verdict = Verdict.UNASKED
        self.state = SpeakerState.SILENCE

    @property
    def keep_from(self) -> int:
        """The first sample that is still needed, at 16 kHz. Earlier ones are in a cut utterance, or were silence."""
        return self._kept[0].start if self._kept else self._position

    @property
    def is_open(self) -> bool:
        """Whether an utterance has begun and has not been cut yet."""
        return self.state in (SpeakerState.SPEECH, SpeakerState.TRAILING)

    @property
    def is_paused(self) -> bool:
        """Whether nothing has been said since the last `SpeechPaused`."""
        return self._paused_at is not None

    @property
    def is_awaiting(self) -> bool:
        """Whether a verdict on the present pause is awaited."""
        return self._verdict is Verdict.AWAITED

    def await_verdict(self) -> None:
        """Let the present pause wait for a verdict, for a limited time."""
        self._verdict = Verdict.AWAITED

    def judge(self, verdict: Verdict) -> list[SegmentEvent]:
        """Take what the words so far say of the present pause, and return the events that it causes."""
        self._verdict = verdict
        return self._act()

    def open_audio(self) -> bytes:
        """Return the audio of the open utterance so far: PCM16, 16 kHz mono."""
        return _pcm16(self._kept)

    def push(self, samples: NDArray[np.float32], probability: float, pcm16: bytes | None = None) -> list[SegmentEvent]:
        """Process the next window and return the events that it causes.

        Args:
            samples: the window's samples [n], float32, -1 to 1, 16 kHz.
            probability: probability that the window is speech, 0 to 1.
            pcm16: the same samples as PCM16, if the caller has them: converting many windows at once costs less.
        """
        pcm16 = float_to_pcm16(samples) if pcm16 is None else pcm16
        window = _Window(self._position, samples, self._is_speech(probability), pcm16)
        self._kept.append(window)
        self._position = window.end
        self.state = self._next_state(window.speech)
        if self.state is not SpeakerState.TRAILING:
            self._paused_at, self._verdict = None, Verdict.UNASKED
        return self._act()

    def finalize(self) -> list[SegmentEvent]:
        """End the open utterance here. A sound that is still too short to be speech is dropped."""
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
            case SpeakerState.TRAILING if self._quiet_samples() >= self._limits.endpoint * self._verdict.silence:
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
        """Cut the utterance. It gets half of the silence; the other half may become the next one's pre-roll."""
        last = self._speech_end() + self._limits.endpoint // 2
        events: list[SegmentEvent] = [self._cut(sum(w.start < last for w in self._kept))]
        self._fall_silent()
        return events

    def _cut_long(self) -> list[SegmentEvent]:
        """Cut the utterance at its quietest spot. What follows the spot begins the next utterance."""
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
        windows, self._kept = self._kept[:count], self._kept[count:]
        speech_end = next((w.end for w in reversed(windows) if w.speech), windows[-1].end)
        start, end = windows[0].start, windows[-1].end
        paused_at, self._paused_at, self._verdict = self._paused_at, None, Verdict.UNASKED
        paused = paused_at - start if paused_at is not None and paused_at <= end else None
        return UtteranceCut(start, end, speech_end, _pcm16(windows), paused)

    def _fall_silent(self) -> None:
        self.state = SpeakerState.SILENCE
        while self._kept and self._kept[0].end <= self._position - self._limits.preroll:
            del self._kept[0]


def _pcm16(windows: list[_Window]) -> bytes:
    return b"".join(w.pcm16 for w in windows)
