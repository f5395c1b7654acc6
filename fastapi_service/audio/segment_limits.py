"""The limits that decide where a stream of speech is cut into utterances."""

from __future__ import annotations

from dataclasses import dataclass

from wta.audio_format import SAMPLE_RATE_HZ
from wta.settings import Settings

_MIN_SPEECH_MS = 90
"""Three windows of speech make an utterance. Less speech than that is a click."""
_PAUSE_MS = 96
"""Three windows of silence: much less than an endpoint needs, and most often the start of one."""


@dataclass(frozen=True, slots=True)
class SegmentLimits:
    """Where a stream of speech is cut. Lengths are in samples at 16 kHz."""

    threshold: float
    """Probability, 0 to 1, from which a window counts as speech."""
    preroll: int
    """How much audio before the first window of speech belongs to the utterance."""
    endpoint: int
    """How much silence ends an utterance."""
    longest: int
    """Length at which an utterance is cut although its speaker goes on."""
    min_speech: int = _MIN_SPEECH_MS * SAMPLE_RATE_HZ // 1000
    """How much speech makes an utterance."""
    pause: int = _PAUSE_MS * SAMPLE_RATE_HZ // 1000
    """How much silence counts as a pause."""

    @classmethod
    def of(cls, settings: Settings, endpoint_ms: int | None = None) -> SegmentLimits:
        """Make the limits of one session.

        Args:
            endpoint_ms: the silence that the session wants to end an utterance; None leaves it to the settings.
        """
        per_ms = SAMPLE_RATE_HZ // 1000
        return cls(
            settings.vad_threshold,
            settings.preroll_ms * per_ms,
            (endpoint_ms or settings.endpoint_ms) * per_ms,
            round(settings.max_utterance_s * SAMPLE_RATE_HZ),
        )
