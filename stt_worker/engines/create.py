"""Creates the speech engine that the settings ask for."""

from __future__ import annotations

from collections.abc import Callable

from stt_worker.engine import SpeechEngine
from stt_worker.engines.faster_whisper import FasterWhisperEngine
from stt_worker.engines.full_window import FullWindowEngine
from stt_worker.engines.short_context import ShortContextEngine
from stt_worker.settings import EngineName, SttSettings


def create_engine(settings: SttSettings) -> SpeechEngine:
    """The engine that `settings.engine` names, with its model loaded.

    Raises `ModelError` where the model cannot be had, and `EngineError` where the engine's package is not installed.
    Both say in a sentence for the user what to do.
    """
    engines: dict[EngineName, Callable[[SttSettings], SpeechEngine]] = {
        "whisper": ShortContextEngine,
        "whisper-full": FullWindowEngine,
        "faster-whisper": FasterWhisperEngine,
    }
    return engines[settings.engine](settings)
