"""What each size of Whisper takes on this machine: memory, and time for a sentence on one core.

A size whose weights are not on this machine is measured without them, over other numbers: the same computation.
"""

from __future__ import annotations

import multiprocessing
import resource
from pathlib import Path
from typing import Any

import psutil

from stt_worker.models.choice.sizes import SIZES, Size

_FEW = ("medium", "turbo", "large-v3")
"""Sizes that take so long that one run must do."""


def measure(models_dir: Path) -> dict[str, Any]:
    """Name of a size or model → memory in MB, and seconds of one core for the packaged sentence of 8 s."""
    context = multiprocessing.get_context("spawn")
    found: dict[str, Any] = {}
    for name in [size.name for size in SIZES] + ["tiny.en", "base"]:
        weights = "with weights" if name in found or name.endswith(".en") else "without weights"
        key = f"{name} {weights}"
        with context.Pool(1) as pool:
            found.setdefault(name, {})
            found[name] |= pool.apply(_one, (name, weights == "with weights", models_dir))
        print(key, found[name], flush=True)
    return {"models": found}


def _one(name: str, weights: bool, models_dir: Path) -> dict[str, Any]:
    from stt_worker.models.choice.trial import Trial, sentence
    from stt_worker.settings import SttSettings

    settings = SttSettings(model=name, models_dir=models_dir, threads=1)
    if weights:
        return _with_weights(settings, sentence())
    size: Size = next(size for size in SIZES if size.name == name)
    trial = Trial(size.dims, settings)
    runs = {"warm_ups": 1, "runs": 1} if name in _FEW else {}
    seconds = trial.seconds(sentence(), **runs)
    return {"core_s": round(seconds, 2)} | _memory()


def _with_weights(settings: Any, audio: Any) -> dict[str, Any]:
    import time

    from stt_worker.engines.create import create_engine

    engine = create_engine(settings)
    times = []
    for _ in range(5):
        began = time.thread_time()
        engine.transcribe(audio)
        times.append(time.thread_time() - began)
    return {"core_s_with_weights": round(min(times), 2)} | {f"{k}_with_weights": v for k, v in _memory().items()}


def _memory() -> dict[str, int]:
    own = psutil.Process().memory_full_info().uss
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"own_mb": round(own / 1e6), "peak_mb": round(peak / 1e6)}
