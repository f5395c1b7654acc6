"""The engine that the settings ask for."""

from __future__ import annotations

from collections.abc import Callable

from stt_worker.engine import SpeechEngine
from stt_worker.engines.faster_whisper import FasterWhisperEngine
from stt_worker.engines.full_window import WhisperEngine
from stt_worker.engines.short_context import ShortContextEngine
from stt_worker.settings import EngineName, SttSettings


def create_engine(settings: SttSettings) -> SpeechEngine:
    """Build and load it; raises `ModelError` or `EngineError` in words for the user."""
    engines: dict[EngineName, Callable[[SttSettings], SpeechEngine]] = {
        "whisper": ShortContextEngine,
        "whisper-full": WhisperEngine,
        "faster-whisper": FasterWhisperEngine,
    }
    return engines[settings.engine](settings)
