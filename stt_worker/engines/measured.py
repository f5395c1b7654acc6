"""An engine for tests of load: it sleeps for as long as the real one works, and its words are invented."""

from __future__ import annotations

import time

from stt_worker.engine import DEFAULT_OPTIONS, SAMPLE_RATE_HZ, Audio, SpeechEngine, Transcript, TranscriptionOptions
from stt_worker.settings import SttSettings
from wta.messages import Task

BASE_S = 0.02
PER_S = 0.018
"""Seconds of work on an utterance, and on each second of its audio, as `benchmarks/capacity.py fit` found them in the
results of real workers with tiny.en."""
_WORDS = ("we", "will", "meet", "again", "at", "three", "and", "talk", "about", "it", "because", "this", "is", "good")
_WORDS_PER_S = 2.5
_STEPS = 10


class MeasuredEngine(SpeechEngine):
    """Knows no speech. It shows how many workers, web processes and speakers one Redis carries."""

    name = "measured"
    model = "measured"
    languages = ("en",)
    tasks: tuple[Task, ...] = ("transcribe",)

    def __init__(self, _settings: SttSettings) -> None:
        """Make the engine. It has no model to load."""

    def transcribe(self, audio: Audio, _options: TranscriptionOptions = DEFAULT_OPTIONS) -> Transcript:
        seconds = len(audio) / SAMPLE_RATE_HZ
        for _ in range(_STEPS):
            time.sleep((BASE_S + PER_S * seconds) / _STEPS)
            self.between_steps()
        text = " ".join(_WORDS[n % len(_WORDS)] for n in range(round(_WORDS_PER_S * seconds)))
        return Transcript(text, "en", avg_logprob=-0.2, no_speech_prob=0.0, engine=self.name, model=self.model)
