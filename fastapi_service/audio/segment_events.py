"""Events of the segmenter: speech has begun, the speaker has paused, an utterance has been cut.

Sample numbers are at 16 kHz, counted from the first window that was pushed into the segmenter.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """Somebody has begun to speak."""

    at_sample: int
    """The first sample of speech, at 16 kHz, counted from the first window pushed."""


@dataclass(frozen=True, slots=True)
class SpeechPaused:
    """The speaker has been silent for a moment. If nothing more is said, this audio is the whole utterance."""

    pcm16: bytes
    """PCM16, 16 kHz mono, from the utterance's start to now."""


@dataclass(frozen=True, slots=True)
class UtteranceCut:
    """An utterance is complete. Sample numbers are at 16 kHz, counted from the first window pushed."""

    start_sample: int
    """First sample of the utterance's audio, which includes the pre-roll."""
    end_sample: int
    """The sample after the last one of the utterance's audio."""
    speech_end_sample: int
    """Where the speech ended. The utterance's audio goes on with a little silence."""
    pcm16: bytes
    """The utterance's audio: PCM16, 16 kHz mono."""
    paused_samples: int | None = None
    """Length in samples of the `SpeechPaused` audio after which nothing was said; None if there was none."""
    continues: bool = False
    """Whether the utterance was cut for its length, and its speech goes on in the next one."""


SegmentEvent = SpeechBegan | SpeechPaused | UtteranceCut
