"""faster-whisper (CTranslate2) behind the same interface, for those who have it and for comparison.

It is an optional extra: `pip install faster-whisper`, `WTA_STT_ENGINE=faster-whisper`.
"""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from stt_worker.engine import SAMPLE_RATE_HZ, Audio, EngineError, Task, Transcript, Word
from stt_worker.engines.full_window import tasks_of
from stt_worker.guards.silence_guard import Evidence, SilenceGuard
from stt_worker.models.checkpoints import default_model, fetch_lock, refuse_unknown
from stt_worker.models.from_registry import REGISTRY_MODELS, fetch_ctranslate2
from stt_worker.network.cpu_threads import cores
from stt_worker.settings import SttSettings
from wta.errors import ModelError


class FasterWhisperEngine:
    """Greedy decoding over the full window, with the same guard as the other engines."""

    name = "faster-whisper"

    def __init__(self, settings: SttSettings) -> None:
        """Load the model of the settings; raises `EngineError` where the package is missing, or `ModelError`."""
        try:
            from faster_whisper import WhisperModel  # noqa: PLC0415 - an optional extra
        except ImportError as error:
            raise EngineError("faster-whisper is not installed: pip install faster-whisper") from error
        asked = settings.model or default_model()
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
        found, info = self._whisper.transcribe(
            audio,
            language=language or self._settings.language,
            task=task,
            beam_size=1,
            temperature=0.0,
            word_timestamps=word_timestamps,
            without_timestamps=not word_timestamps,
            condition_on_previous_text=False,
            no_speech_threshold=None,
            log_prob_threshold=None,
            compression_ratio_threshold=None,
        )
        return self._judged(audio, list(found), info.language, word_timestamps)

    def _judged(self, audio: Audio, segments: list[Any], language: str, word_timestamps: bool) -> Transcript:
        evidence = Evidence(
            text=" ".join(segment.text.strip() for segment in segments),
            avg_logprob=float(np.mean([segment.avg_logprob for segment in segments])) if segments else 0.0,
            no_speech_prob=max((segment.no_speech_prob for segment in segments), default=math.nan),
            seconds=len(audio) / SAMPLE_RATE_HZ,
        )
        rejected = self._guard.objection(evidence)
        words = [word for segment in segments for word in segment.words or ()]
        kept = () if rejected else tuple(map(_word, words))
        return Transcript(
            text="" if rejected else evidence.text,
            language=language,
            avg_logprob=evidence.avg_logprob,
            no_speech_prob=evidence.no_speech_prob,
            engine=self.name,
            model=self.model,
            words=kept if word_timestamps else None,
            rejected=rejected,
        )


def _word(found: Any) -> Word:
    return Word(found.word.strip(), float(found.start), float(found.end), float(found.probability))


def _resolve(asked: str, settings: SttSettings) -> str:
    """A folder of a CTranslate2 model; other names than the pinned ones are faster-whisper's to fetch."""
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
