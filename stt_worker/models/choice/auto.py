"""`WHISPER_MODEL=auto`: the largest model that answers a sentence within a second here, fits, and can be had.

docs/adr/stt-auto-model.md says why it is measured this way.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import filelock

from inference.processor import int8_is_possible
from stt_worker.models import checkpoints, from_openai
from stt_worker.models.choice import speeds
from stt_worker.models.choice.conditions import Conditions
from stt_worker.models.choice.sizes import SIZES, Size
from stt_worker.models.choice.speeds import Speeds
from stt_worker.models.from_registry import REGISTRY_MODELS
from stt_worker.settings import SttSettings
from wta.errors import ModelError
from wta.memory import free_memory_bytes, is_limited, memory_bytes

log = logging.getLogger(__name__)

LIMIT_S = 1.0
_OTHERS_BYTES = 1_500_000_000
"""What the other services take where they share the machine; a container's limit is for this process alone."""
_LOCK_S = 600


@dataclass(frozen=True, slots=True)
class Choice:
    """A model that was chosen, and why, in words for people."""

    model: str
    reason: str


def choose(
    settings: SttSettings, *, task: str = "transcribe", fetch: bool = True,
    speech_is_on: Callable[[], bool] = lambda: False, environment: Mapping[str, str] = os.environ,
) -> Choice:  # fmt: skip
    """Choose the model for this machine. It is measured where it was not yet; many processes measure it once.

    Raises `ModelError` where no model can be had.

    Args:
        settings: where the models are, the language, and how many threads compute.
        task: `translate` needs a multilingual model.
        fetch: whether a model may be fetched that is not on this machine.
        speech_is_on: whether people speak now. Then nothing is measured, because both would be slowed.
        environment: tells the language of this machine.
    """
    english = task == "transcribe" and speaks_english(settings.language, environment)
    if settings.engine != "whisper":
        return Choice("tiny.en" if english else "base", f"the engine {settings.engine} is not measured")
    found = _speeds(settings, speech_is_on)
    if found is None:
        reason = "not measured, because people are speaking; the next start does"
        return _first_had(("tiny.en", "base.en", "base") if english else ("base", "tiny"), settings, reason, fetch)
    fast = [size for size in SIZES if found.seconds.get(size.name, LIMIT_S + 1) <= LIMIT_S] or [SIZES[0]]
    fitting = [size for size in fast if _fits(size, settings)] or [SIZES[0]]
    wanted = tuple(name for size in reversed(fitting) for name in _names(size, english=english, task=task))
    return _first_had(wanted, settings, _reason(found, fast, fitting, settings), fetch)


def speaks_english(language: str | None, environment: Mapping[str, str]) -> bool:
    """Whether all speech is taken to be English: WTA_LANGUAGE decides, else the locale of this machine.

    A locale that names no language (C, POSIX, or none, as in containers) counts as English.
    """
    if language is not None:
        return language == "en"
    named = next((value for key in ("LC_ALL", "LC_CTYPE", "LANG") if (value := environment.get(key))), "")
    return named.partition(".")[0] in {"", "C", "POSIX"} or named.startswith("en")


def _speeds(settings: SttSettings, speech_is_on: Callable[[], bool]) -> Speeds | None:
    """What was measured for these conditions, now or before; None where it may not be measured now."""
    conditions = Conditions.here(settings).as_dict()
    with _lock(settings) as can_write:
        kept = speeds.read(settings.models_dir)
        if kept is not None and kept.conditions == conditions:
            return kept
        if kept is not None and not can_write:
            log.warning("WHISPER_MODEL=auto uses what was measured for another machine, limit or version: %s",
                        {k: v for k, v in kept.conditions.items() if conditions.get(k) != v})  # fmt: skip
            return kept
        if speech_is_on():
            return None
        log.info("WHISPER_MODEL=auto: measuring how fast this machine is, once (half a minute)")
        measured = speeds.measure(tuple(size for size in SIZES if _fits(size, settings)), settings, LIMIT_S)
        speeds.write(measured, settings.models_dir)
        return measured


@contextmanager
def _lock(settings: SttSettings) -> Iterator[bool]:
    """Held by the one process that measures; others wait. Yields whether the folder of models can be written."""
    try:
        settings.models_dir.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(settings.models_dir / ".auto.lock")
        lock.acquire(timeout=_LOCK_S)
    except (OSError, filelock.Timeout):
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def _fits(size: Size, settings: SttSettings) -> bool:
    needed = size.memory_bytes(int8=settings.int8 and int8_is_possible())
    others = 0 if is_limited() else _OTHERS_BYTES
    return size is SIZES[0] or (needed + others <= memory_bytes() and needed <= free_memory_bytes())


def _names(size: Size, *, english: bool, task: str) -> tuple[str, ...]:
    """Names of the models of a size, the better one for this speech first."""
    if task == "translate" and size.name == "turbo":  # it was not trained to translate
        return ()
    return (size.english, size.name) if english and size.english else (size.name,)


def _reason(found: Speeds, fast: list[Size], fitting: list[Size], settings: SttSettings) -> str:
    best = fitting[-1]
    took = f"{found.seconds[best.name]:.2f} s for a sentence of 8 s" if best.name in found.seconds else "not measured"
    words = f"auto: {took} on {Conditions.here(settings)}"
    return words if fast[-1] is best else f"{words}; {fast[-1].name} would be fast enough, but does not fit in memory"


def _first_had(names: tuple[str, ...], settings: SttSettings, reason: str, fetch: bool) -> Choice:
    """The first of the models that is here or, with `fetch`, can be fetched."""
    lacking: list[str] = []
    answers = cache(lambda: from_openai.answers(settings.download_timeout_s))
    for name in names:
        if _is_had(name, settings, fetch=fetch, answers=answers):
            return Choice(name, f"{reason}; not to be had: {', '.join(lacking)}" if lacking else reason)
        lacking.append(name)
    raise ModelError(
        f"WHISPER_MODEL=auto: none of {', '.join(names)} is on this machine, nor can one be fetched. Connect once, or"
        " set WHISPER_MODEL to the path of a checkpoint."
    )


def _is_had(name: str, settings: SttSettings, *, fetch: bool, answers: Callable[[], bool]) -> bool:
    """Whether the model is on this machine, or is now, because it was fetched."""
    try:
        if checkpoints.find_cached(name, settings.models_dir) is not None:
            return True
        if not fetch or not (name in REGISTRY_MODELS or answers()):
            return False
        checkpoints.resolve(settings.model_copy(update={"model": name}))
    except ModelError as error:
        log.warning("%s", error)
        return False
    return True
