"""The engine that the settings ask for."""

from __future__ import annotations

from collections.abc import Callable

from stt_worker.engine import SpeechEngine
from stt_worker.faster_whisper_engine import FasterWhisperEngine
from stt_worker.settings import EngineName, SttSettings
from stt_worker.short_context_engine import ShortContextEngine
from stt_worker.whisper_engine import WhisperEngine


def create_engine(settings: SttSettings) -> SpeechEngine:
    """Build and load it; raises `ModelError` or `EngineError` in words for the user."""
    engines: dict[EngineName, Callable[[SttSettings], SpeechEngine]] = {
        "whisper": ShortContextEngine,
        "whisper-full": WhisperEngine,
        "faster-whisper": FasterWhisperEngine,
    }
    return engines[settings.engine](settings)
