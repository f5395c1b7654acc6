"""Which languages and tasks a Whisper model knows."""

from __future__ import annotations

from collections.abc import Sequence

from whisper.model import Whisper
from whisper.tokenizer import LANGUAGES

from stt_worker.engine import EngineError, Task


def languages_of(whisper: Whisper) -> tuple[str, ...]:
    """ISO 639-1 codes that the model knows: English alone unless the model is multilingual."""
    return tuple(LANGUAGES)[: whisper.num_languages] if whisper.is_multilingual else ("en",)


def tasks_of(model: str, is_multilingual: bool) -> tuple[Task, ...]:
    """The tasks of the model named `model`. Turbo models were not trained to translate (openai-whisper's README)."""
    return ("transcribe", "translate") if is_multilingual and "turbo" not in model else ("transcribe",)


def detectable(known: Sequence[str], asked: Sequence[str] | None) -> tuple[str, ...]:
    """The languages, of those that the model knows, of which one is to be detected; None asks for all.

    Raises `EngineError` where the model knows none of those asked for.
    """
    found = tuple(known) if asked is None else tuple(code for code in known if code in asked)
    if not found:
        raise EngineError(f"This speech model knows none of these languages: {', '.join(asked or ())}.")
    return found


def checked_language(whisper: Whisper, language: str | None) -> str | None:
    """The language to decode in; None means that the multilingual model detects it.

    Raises `EngineError` for a language that the model does not know.
    """
    if not whisper.is_multilingual:
        if language not in (None, "en"):
            raise EngineError(f"This speech model knows English only, not {language!r}. Set WHISPER_MODEL=base.")
        return "en"
    if language is not None and language not in LANGUAGES:
        raise EngineError(f"Whisper does not know the language {language!r}. Use a code such as en or de.")
    return language
