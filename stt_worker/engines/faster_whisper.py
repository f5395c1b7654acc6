"""faster-whisper (CTranslate2) behind the same interface, for those who have it and for comparison.

It is an optional package: `pip install faster-whisper`, then `WTA_STT_ENGINE=faster-whisper`.
"""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from stt_worker.engine import (
    DEFAULT_OPTIONS,
    SAMPLE_RATE_HZ,
    Audio,
    EngineError,
    SpeechEngine,
    TimedWord,
    Transcript,
    TranscriptionOptions,
)
from stt_worker.engines.abilities import detectable, tasks_of
from stt_worker.engines.guarded import guarded_transcript
from stt_worker.guards.silence_guard import Evidence, SilenceGuard
from stt_worker.models.checkpoints import fetch_lock, refuse_unknown
from stt_worker.models.from_registry import REGISTRY_MODELS, fetch_ctranslate2
from stt_worker.settings import SttSettings
from wta.cores import cores
from wta.errors import ModelError


class FasterWhisperEngine(SpeechEngine):
    """Greedy decoding by faster-whisper over the full window of 30 s, with the silence guard of the other engines.

    Raises `EngineError` where the package is not installed, and `ModelError` where the model cannot be loaded.
    """

    name = "faster-whisper"

    def __init__(self, settings: SttSettings) -> None:
        try:
            from faster_whisper import WhisperModel  # noqa: PLC0415 - an optional package
        except ImportError as error:
            raise EngineError("faster-whisper is not installed: pip install faster-whisper") from error
        asked = settings.model
        self.model = Path(asked).name
        self._settings = settings
        self._guard = SilenceGuard(settings.guard)
        try:
            self._whisper = WhisperModel(
                _resolve(asked, settings),
                device="cpu",
                compute_type="int8" if settings.int8 else "float32",
                cpu_threads=settings.threads or cores(),
                download_root=str(settings.models_dir),
            )
        except Exception as error:  # its hub client and CTranslate2 raise many kinds
            raise ModelError(f"faster-whisper could not load {asked}: {error}") from error
        self.languages = tuple(self._whisper.supported_languages)
        self.tasks = tasks_of(self.model, len(self.languages) > 1)

    def transcribe(self, audio: Audio, options: TranscriptionOptions = DEFAULT_OPTIONS) -> Transcript:
        """See `SpeechEngine.transcribe`. Each utterance is decoded once, a draft or not."""
        language, belief = options.language or self._settings.language, None
        if language is None and len(self.languages) > 1:
            belief = options.belief.after(self._heard_languages(audio, options), len(audio) / SAMPLE_RATE_HZ)
            language = belief.language
        found, info = self._whisper.transcribe(
            audio,
            language=language,
            task=options.task,
            beam_size=1,
            temperature=0.0,
            word_timestamps=options.word_timestamps,
            without_timestamps=not options.word_timestamps,
            condition_on_previous_text=False,
            no_speech_threshold=None,
            log_prob_threshold=None,
            compression_ratio_threshold=None,
        )
        segments = list(found)
        words = _words(segments) if options.word_timestamps else None
        return guarded_transcript(self, self._guard, _evidence(audio, segments), info.language, words, belief)

    def _heard_languages(self, audio: Audio, options: TranscriptionOptions) -> dict[str, float]:
        """Whisper's probability of each language that may be spoken, in the first 30 s of the audio."""
        shares = dict(self._whisper.detect_language(audio)[2])
        return {
            code: shares[code] for code in detectable(self.languages, options.languages or self._settings.languages)
        }


def _evidence(audio: Audio, segments: list[Any]) -> Evidence:
    return Evidence(
        text=" ".join(segment.text.strip() for segment in segments),
        avg_logprob=float(np.mean([segment.avg_logprob for segment in segments])) if segments else 0.0,
        no_speech_prob=max((segment.no_speech_prob for segment in segments), default=math.nan),
        seconds=len(audio) / SAMPLE_RATE_HZ,
    )


def _words(segments: list[Any]) -> tuple[TimedWord, ...]:
    return tuple(
        TimedWord(word.word.strip(), float(word.start), float(word.end), float(word.probability))
        for segment in segments
        for word in segment.words or ()
    )


def _resolve(asked: str, settings: SttSettings) -> str:
    """The folder of a CTranslate2 model, fetched if need be; a name that is not pinned is left to faster-whisper.

    Raises `ModelError` for a name that openai-whisper does not know.
    """
    if Path(asked).is_dir():
        return asked
    refuse_unknown(asked)
    if asked not in REGISTRY_MODELS:
        return asked
    folder = settings.models_dir / f"{asked}.ctranslate2"
    with fetch_lock(settings.models_dir, asked):
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(dir=settings.models_dir, prefix=".fetching-") as fetching:
                fetch_ctranslate2(REGISTRY_MODELS[asked], Path(fetching) / "model")
                (Path(fetching) / "model").replace(folder)
    return str(folder)
