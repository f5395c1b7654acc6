"""Counts the texts that an engine makes of sounds without speech."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.speech.recordings import Audio, Recording, utterances
from stt_worker.engine import SpeechEngine
from tests.support import sounds
from wta.audio_format import SAMPLE_RATE_HZ
from wta.settings import Settings

_CUTS_S = (1, 2, 4, 8, 15)
"""Lengths into which a voice detector that takes everything for speech could cut half a minute of sound."""
_VOICES = 8


def measure(engine: SpeechEngine, recordings: list[Recording], seconds: float, settings: Settings) -> dict[str, Any]:
    """Texts per hour of sound, with the voice detection before the engine as in service, and without it.

    Args:
        recordings: voices to make babble of.
        seconds: length of each kind of sound.
    """
    found: dict[str, dict[str, int]] = {}
    for name, sound in _kinds(recordings).items():
        audio = sound(seconds)
        as_in_service = [u.audio for u in utterances([Recording(name, audio, None)], settings)]
        found[name] = {
            "detected": sum(bool(engine.transcribe(one).text) for one in as_in_service),
            "undetected": sum(bool(engine.transcribe(one).text) for one in _cut(audio)),
        }
    hours = len(found) * seconds / 3600
    return {
        "noise_hallucinations_per_hour": round(sum(one["detected"] for one in found.values()) / hours, 1),
        "noise_hallucinations_per_hour_without_vad": round(sum(one["undetected"] for one in found.values()) / hours, 1),
        "noise": {"seconds_each": seconds, "texts": found},
    }


def _kinds(recordings: list[Recording]) -> dict[str, Callable[[float], Audio]]:
    voices = [r.audio for r in recordings[:_VOICES]]
    return {
        "silence": sounds.silence,
        "white noise": sounds.white_noise,
        "mains hum": sounds.hum,
        "babble": lambda seconds: sounds.babble(seconds, voices),
    }


def _cut(audio: Audio) -> list[Audio]:
    ends = list(itertools.accumulate(_CUTS_S * 2))
    return [part for part in np.split(audio, [end * SAMPLE_RATE_HZ for end in ends[:-1]]) if len(part)]
