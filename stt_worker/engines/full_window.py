"""openai-whisper as it comes, over its full window of 30 s: the plain engine that the others are compared with."""

from __future__ import annotations

import math
from typing import Any

import whisper as openai_whisper
from whisper.audio import log_mel_spectrogram, pad_or_trim

from stt_worker.engine import (
    DEFAULT_OPTIONS,
    SAMPLE_RATE_HZ,
    Audio,
    SpeechEngine,
    TimedWord,
    Transcript,
    TranscriptionOptions,
)
from stt_worker.engines.abilities import checked_language, detectable, languages_of, tasks_of
from stt_worker.engines.guarded import guarded_transcript
from stt_worker.guards.silence_guard import Evidence, SilenceGuard
from stt_worker.models import checkpoints
from stt_worker.network.cpu_threads import computing_with
from stt_worker.settings import SttSettings


class FullWindowEngine(SpeechEngine):
    """Greedy decoding by `whisper.transcribe()`, with the silence guard in place of Whisper's own thresholds.

    Raises `ModelError` where the model of the settings cannot be had.
    """

    name = "whisper-full"

    def __init__(self, settings: SttSettings) -> None:
        file = checkpoints.resolve(settings)
        self.model = file.name
        self.whisper = checkpoints.load(file)
        self.languages, self.tasks = languages_of(self.whisper), tasks_of(file.name, self.whisper.is_multilingual)
        self._language, self._languages, self._threads = settings.language, settings.languages, settings.threads
        self._guard = SilenceGuard(settings.guard)

    def transcribe(self, audio: Audio, options: TranscriptionOptions = DEFAULT_OPTIONS) -> Transcript:
        """See `SpeechEngine.transcribe`. Each utterance is decoded once, a draft or not."""
        language, belief = checked_language(self.whisper, options.language or self._language), None
        with computing_with(self._threads):
            if language is None:
                belief = options.belief.after(self._heard_languages(audio, options), len(audio) / SAMPLE_RATE_HZ)
                language = belief.language
            decoded = openai_whisper.transcribe(
                self.whisper,
                audio,
                language=language,
                task=options.task,
                word_timestamps=options.word_timestamps,
                without_timestamps=not options.word_timestamps,
                temperature=0.0,
                condition_on_previous_text=False,
                no_speech_threshold=None,
                logprob_threshold=None,
                compression_ratio_threshold=None,
                fp16=False,
            )
        words = _words(decoded["segments"]) if options.word_timestamps else None
        return guarded_transcript(self, self._guard, _evidence(audio, decoded), language, words, belief)

    def _heard_languages(self, audio: Audio, options: TranscriptionOptions) -> dict[str, float]:
        """Whisper's probability of each language that may be spoken, in the first 30 s of the audio."""
        mel = log_mel_spectrogram(pad_or_trim(audio), self.whisper.dims.n_mels)
        _, shares = openai_whisper.detect_language(self.whisper, mel)
        return {code: shares[code] for code in detectable(self.languages, options.languages or self._languages)}


def _evidence(audio: Audio, decoded: dict[str, Any]) -> Evidence:
    segments: list[dict[str, Any]] = decoded["segments"]
    tokens = sum(len(segment["tokens"]) + 1 for segment in segments)
    total = sum(segment["avg_logprob"] * (len(segment["tokens"]) + 1) for segment in segments)
    return Evidence(
        text=decoded["text"].strip(),
        avg_logprob=total / tokens if tokens else 0.0,
        no_speech_prob=max((segment["no_speech_prob"] for segment in segments), default=math.nan),
        seconds=len(audio) / SAMPLE_RATE_HZ,
    )


def _words(segments: list[dict[str, Any]]) -> tuple[TimedWord, ...]:
    return tuple(
        TimedWord(word["word"].strip(), float(word["start"]), float(word["end"]), float(word["probability"]))
        for segment in segments
        for word in segment.get("words", ())
    )
