"""Measures the sizes of Whisper on this machine, and keeps what was found beside the models."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stt_worker.models.choice.conditions import Conditions
from stt_worker.models.choice.sizes import Size
from stt_worker.settings import SttSettings
from wta.errors import ModelError
from wta.settings import PROJECT_ROOT

log = logging.getLogger(__name__)

FILE_NAME = "auto.json"
_HOPELESS = 3.0
"""A size that takes so many times what is allowed ends the measuring: larger ones only take longer."""
_TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class Speeds:
    """How long each size takes for the packaged sentence, and what that was measured for."""

    conditions: dict[str, object]
    seconds: dict[str, float]
    """Only of sizes that were measured."""


def read(models_dir: Path) -> Speeds | None:
    """What was measured last; None where that is not known."""
    try:
        kept = json.loads((models_dir / FILE_NAME).read_text(encoding="utf-8"))
        return Speeds(dict(kept["conditions"]), {str(name): float(s) for name, s in kept["seconds"].items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # there is none, or somebody wrote into it
        return None


def are_known(settings: SttSettings) -> bool:
    """Whether the machine was measured under these conditions, by whoever shares the folder of models."""
    kept = read(settings.models_dir)
    return kept is not None and kept.conditions == Conditions.here(settings).as_dict()


def write(speeds: Speeds, models_dir: Path) -> None:
    """Keep what was measured. Where the folder cannot be written, as in a container, it is measured at each start."""
    text = json.dumps({"conditions": speeds.conditions, "seconds": speeds.seconds}, indent=2)
    fresh = models_dir / f".{FILE_NAME}.{os.getpid()}"
    try:
        fresh.write_text(text + "\n", encoding="utf-8")
        fresh.replace(models_dir / FILE_NAME)
    except OSError as error:
        log.warning("what was measured cannot be kept in %s: %s", models_dir, error.strerror)


def measure(
    sizes: tuple[Size, ...], settings: SttSettings, limit_s: float, trial: Callable[[str, int], float] | None = None
) -> Speeds:
    """Time one size after the other, the smallest first, until one is hopeless.

    Each is timed in a process of its own, which gives back its memory. Raises `ModelError` where the first fails.

    Args:
        limit_s: what is still fast enough.
        trial: from a size's name and a number of threads to seconds; for tests.
    """
    seconds: dict[str, float] = {}
    for size in sizes:
        try:
            seconds[size.name] = (trial or _trial)(size.name, settings.threads)
        except ModelError as error:
            if not seconds:
                raise
            log.warning("%s", error)
            break
        log.info("measured: %s takes %.2f s for a sentence of 8 s", size.name, seconds[size.name])
        if seconds[size.name] > _HOPELESS * limit_s:
            break
    return Speeds(Conditions.here(settings).as_dict(), seconds)


def _trial(size: str, threads: int) -> float:
    command = [sys.executable, "-m", "stt_worker.models.choice.trial", size, f"--threads={threads}"]
    try:
        done = subprocess.run(
            command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S
        )
        return float(done.stdout)
    except subprocess.TimeoutExpired:
        raise ModelError(f"{size} is not measured: that would take more than {_TIMEOUT_S} s") from None
    except ValueError:
        last = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        raise ModelError(f"the speed of {size} could not be measured: {last}") from None
