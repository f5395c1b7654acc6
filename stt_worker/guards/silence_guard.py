"""Decides whether the words of a decode were spoken or are Whisper's invention over no speech."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from stt_worker.guards.inventions import INVENTIONS, plain
from stt_worker.settings import SilenceGuardSettings


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a decode wrote, and how sure it was."""

    text: str
    avg_logprob: float
    """Mean natural log-probability of the tokens."""
    no_speech_prob: float
    """Probability of Whisper's no-speech token, 0 to 1."""
    seconds: float
    """Length of the audio."""
    looped: bool = False
    """Whether the text repeated itself without end and was cut off."""


class SilenceGuard:
    """Weighs Whisper's no-speech probability with how sure Whisper was of its words.

    Neither is enough alone: over babble the no-speech probability falls to 0.4, and over silence Whisper is as sure of
    "you" as of many spoken words. docs/performance.md has the table that the thresholds come from.
    """

    def __init__(self, settings: SilenceGuardSettings) -> None:
        self._settings = settings

    def objection(self, evidence: Evidence) -> str | None:
        """Why the text must not be shown; None where it was spoken."""
        s, silent, sure = self._settings, evidence.no_speech_prob, evidence.avg_logprob
        doubtful = silent > s.doubtful_no_speech_prob
        if not any(character.isalnum() for character in evidence.text):
            return "no words"
        if silent > s.no_speech_prob and sure < s.certain_logprob:
            return "no speech"
        if doubtful and sure < s.weak_logprob and evidence.seconds >= s.short_s:
            return "no clear speech"
        if doubtful and plain(evidence.text) in INVENTIONS:
            return "usual invention"
        if doubtful and (evidence.looped or compression_ratio(evidence.text) > s.compression_ratio):
            return "repetition"
        return None


def compression_ratio(text: str) -> float:
    """How many times shorter zlib makes the text. Spoken text stays below 2.4.

    Source: `whisper.utils.compression_ratio`, which openai-whisper uses to notice repetitions.
    """
    data = text.encode()
    return len(data) / len(zlib.compress(data))
