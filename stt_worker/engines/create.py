"""Creates the speech engine that the settings ask for."""

from __future__ import annotations

from importlib import import_module

from stt_worker.engine import SpeechEngine
from stt_worker.guards.thresholds import with_thresholds
from stt_worker.settings import EngineName, SttSettings

_ENGINES: dict[EngineName, tuple[str, str]] = {
    "whisper": ("short_context", "ShortContextEngine"),
    "whisper-full": ("full_window", "FullWindowEngine"),
    "faster-whisper": ("faster_whisper", "FasterWhisperEngine"),
    "measured": ("measured", "MeasuredEngine"),
}
"""Engine → its module and its class. Each module loads what it computes with, so only the one that is asked for is
imported."""


def create_engine(settings: SttSettings) -> SpeechEngine:
    """The engine that `settings.engine` names, with its model loaded.

    Raises `ModelError` where the model cannot be had, and `EngineError` where the engine's package is not installed.
    Both say in a sentence for the user what to do.
    """
    module, name = _ENGINES[settings.engine]
    if settings.engine != "measured":
        settings = with_thresholds(settings, frozenset(import_module("whisper").available_models()))
    engine: SpeechEngine = getattr(import_module(f"stt_worker.engines.{module}"), name)(settings)
    return engine
