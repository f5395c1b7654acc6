"""Measures what each lever of our engine is worth: alone, taken away from all, and all together."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speech.recordings import Recording, Utterance
from benchmarks.speech.statistics import word_error_rate
from benchmarks.speech.systems import MODEL
from stt_worker.engine import SpeechEngine, Transcript
from stt_worker.engines.create import create_engine
from stt_worker.settings import SttSettings
from wta.cores import cores

_NONE: dict[str, Any] = {"stride_frames": 1, "int8": False, "compiled": False, "threads": 1}
_ALL: dict[str, Any] = {"stride_frames": 8, "int8": True, "compiled": True, "threads": cores()}
_WORDS = {
    "stride_frames": "silence in outline",
    "int8": "8-bit matrices",
    "compiled": "compiled decoder step",
    "threads": "a thread for each core",
}
VARIANTS: dict[str, dict[str, Any]] = {
    "openai-whisper's transcribe, greedy": {"engine": "whisper-full", "threads": cores()},
    "own loop, no lever": _NONE,
    **{f"only: {words}": _NONE | {name: _ALL[name]} for name, words in _WORDS.items()},
    "all": _ALL,
    **{f"all but: {words}": _ALL | {name: _NONE[name]} for name, words in _WORDS.items()},
    "all, outline of every 4th frame": _ALL | {"stride_frames": 4},
    "all, outline of every 16th frame": _ALL | {"stride_frames": 16},
    "all, no retry": _ALL | {"retry": False},
    "all, 64 frames of margin": _ALL | {"margin_frames": 64},
}


def measure(recordings: list[Recording], said: list[Utterance], models_dir: Path) -> dict[str, Any]:
    """Mean time, word error rate and retries of each variant. The variants take turns in random order."""
    engines = {name: _engine(models_dir, changes) for name, changes in VARIANTS.items()}
    times: dict[str, list[float]] = {name: [] for name in engines}
    found: dict[str, list[Transcript]] = {name: [] for name in engines}
    order = random.Random(2)
    for utterance in said:
        for name in order.sample(list(engines), len(engines)):
            began = time.perf_counter()
            found[name].append(engines[name].transcribe(utterance.audio))
            times[name].append(time.perf_counter() - began)
    return {
        "utterances": len(said),
        "levers": {
            name: {
                "ms": round(1000 * float(np.mean(times[name]))),
                "wer": word_error_rate(recordings, said, [one.text for one in found[name]]),
                "retry_rate": round(sum(one.retried for one in found[name]) / len(said), 4),
            }
            for name in engines
        },
    }


def _engine(models_dir: Path, changes: dict[str, Any]) -> SpeechEngine:
    engine = create_engine(SttSettings(model=MODEL, models_dir=models_dir, **changes))
    engine.warm_up()
    return engine
