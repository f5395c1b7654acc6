"""openai-whisper as it comes, over its full 30 s window: the plain engine and the yardstick."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import whisper as openai_whisper

from stt_worker.engine import SAMPLE_RATE_HZ, Audio, EngineError, Task, Transcript, Word
from stt_worker.guards.silence_guard import Evidence, SilenceGuard
from stt_worker.models import checkpoints
from stt_worker.network.cpu_threads import computing_with
from stt_worker.settings import SttSettings


class WhisperEngine:
    """`openai_whisper.transcribe`, greedy, with our own guard in place of its thresholds."""

    name = "whisper-full"

    def __init__(self, settings: SttSettings) -> None:
        """Load the model of the settings; raises `ModelError`."""
        file = checkpoints.resolve(settings)
        self.model = file.name
        self.whisper = checkpoints.load(file)
        self.languages, self.tasks = languages_of(self.whisper), tasks_of(file.name, self.whisper.is_multilingual)
        self._language, self._threads = settings.language, settings.threads
        self._guard = SilenceGuard(settings.guard)

    def warm_up(self) -> None:
        """Run once over a second of silence."""
        self.transcribe(np.zeros(SAMPLE_RATE_HZ, dtype=np.float32))

    def transcribe(
        self,
        audio: Audio,
        *,
        language: str | None = None,
        task: Task = "transcribe",
        word_timestamps: bool = False,
        draft: bool = False,  # noqa: ARG002 - it decodes once in any case
    ) -> Transcript:
        """See `SpeechEngine.transcribe`."""
        with computing_with(self._threads):
            found = openai_whisper.transcribe(
                self.whisper,
                audio,
                language=checked_language(self.whisper, language or self._language),
                task=task,
                word_timestamps=word_timestamps,
                without_timestamps=not word_timestamps,
                temperature=0.0,
                condition_on_previous_text=False,
                no_speech_threshold=None,
                logprob_threshold=None,
                compression_ratio_threshold=None,
                fp16=False,
            )
        return self._judged(audio, found, word_timestamps)

    def _judged(self, audio: Audio, found: dict[str, Any], word_timestamps: bool) -> Transcript:
        segments: list[dict[str, Any]] = found["segments"]
        tokens = sum(len(segment["tokens"]) + 1 for segment in segments)
        total = sum(segment["avg_logprob"] * (len(segment["tokens"]) + 1) for segment in segments)
        evidence = Evidence(
            text=found["text"].strip(),
            avg_logprob=total / tokens if tokens else 0.0,
            no_speech_prob=max((segment["no_speech_prob"] for segment in segments), default=math.nan),
            seconds=len(audio) / SAMPLE_RATE_HZ,
        )
        rejected = self._guard.objection(evidence)
        words = tuple(word for segment in segments for word in map(_word, segment.get("words", ())))
        return Transcript(
            text="" if rejected else evidence.text,
            language=found["language"],
            avg_logprob=evidence.avg_logprob,
            no_speech_prob=evidence.no_speech_prob,
            engine=self.name,
            model=self.model,
            words=(() if rejected else words) if word_timestamps else None,
            rejected=rejected,
        )


def languages_of(whisper: openai_whisper.model.Whisper) -> tuple[str, ...]:
    """ISO 639-1 codes that a model knows; English alone where it is no multilingual one."""
    known = tuple(openai_whisper.tokenizer.LANGUAGES)
    return known[: whisper.num_languages] if whisper.is_multilingual else ("en",)


def tasks_of(model: str, is_multilingual: bool) -> tuple[Task, ...]:
    """openai-whisper's README: the turbo models were not trained to translate."""
    return ("transcribe", "translate") if is_multilingual and "turbo" not in model else ("transcribe",)


def checked_language(whisper: openai_whisper.model.Whisper, language: str | None) -> str | None:
    """The language to decode in: None lets a multilingual model decide. Raises `EngineError`."""
    if not whisper.is_multilingual:
        if language not in (None, "en"):
            raise EngineError(f"This speech model knows English only, not {language!r}; set WHISPER_MODEL=base")
        return "en"
    if language is not None and language not in openai_whisper.tokenizer.LANGUAGES:
        raise EngineError(f"Whisper does not know the language {language!r}; use a code such as en or de")
    return language


def _word(found: dict[str, Any]) -> Word:
    return Word(found["word"].strip(), float(found["start"]), float(found["end"]), float(found["probability"]))
