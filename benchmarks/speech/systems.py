"""Runs the speech-to-text systems that are compared, each in a process of its own, so that its memory can be told."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.speech.recordings import Audio
from wta.errors import WtaError

MODEL = "tiny.en"
_SETTLE_S = 0.3
"""Pause between two systems, because OpenMP threads of the first one spin for up to 0.2 s before they sleep."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The text of one utterance, and what it cost."""

    text: str
    seconds: float
    """Time of computing, inside the process."""
    passes: int = 1
    """How often the utterance was decoded."""


Transcriber = Callable[[Audio], tuple[str, int]]
"""A function from audio to its text and the number of decodes."""


class System:
    """One system in its own process, which answers questions in order."""

    def __init__(self, name: str, models_dir: Path, threads: int) -> None:
        self.name = name
        context = multiprocessing.get_context("spawn")
        self._here, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there, name, models_dir, threads), daemon=True)
        self._process.start()
        there.close()

    def warm_up(self, audio: Audio, times: int = 3) -> None:
        for _ in range(times):
            self.transcribe(audio)

    def transcribe(self, audio: Audio) -> Answer:
        self.ask(audio)
        return self.answer()

    def ask(self, audio: Audio) -> None:
        time.sleep(_SETTLE_S)
        self._here.send(audio)

    def answer(self) -> Answer:
        found = self._here.recv()
        if isinstance(found, Exception):
            raise found
        return Answer(*found)

    def close(self) -> float:
        """End the process; returns the most memory that it ever held, in MB."""
        self._here.send(None)
        peak = float(self._here.recv())
        self._process.join()
        return peak


def _serve(there: Connection, name: str, models_dir: Path, threads: int) -> None:
    try:
        transcribe = SYSTEMS[name](models_dir, threads)
    except Exception as error:
        there.send(WtaError(f"{name} cannot start: {error!r}"))
        return
    while (audio := there.recv()) is not None:
        began = time.perf_counter()
        text, passes = transcribe(audio)
        there.send((text, time.perf_counter() - began, passes))
    there.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _engine(models_dir: Path, threads: int, **changes: Any) -> Transcriber:
    from stt_worker.engines.create import create_engine
    from stt_worker.settings import SttSettings

    engine = create_engine(SttSettings(model=MODEL, models_dir=models_dir, threads=threads, **changes))
    engine.warm_up()

    def transcribe(audio: Audio) -> tuple[str, int]:
        found = engine.transcribe(audio)
        return found.text, found.passes

    return transcribe


def _openai(models_dir: Path, threads: int, **options: Any) -> Transcriber:
    import torch
    import whisper as openai_whisper

    from stt_worker.models import checkpoints
    from stt_worker.settings import SttSettings

    torch.set_num_threads(threads)
    model = checkpoints.load(checkpoints.resolve(SttSettings(model=MODEL, models_dir=models_dir)))
    return lambda audio: (str(openai_whisper.transcribe(model, audio, fp16=False, **options)["text"]).strip(), 1)


TUNED = {"language": "en", "temperature": 0.0, "without_timestamps": True, "condition_on_previous_text": False}
OPENAI_DEFAULT, OPENAI_TUNED = "openai-whisper", "openai-whisper tuned"
FASTER_FP32, FASTER_INT8 = "faster-whisper fp32", "faster-whisper int8"
OURS = "ours"
SYSTEMS: dict[str, Callable[[Path, int], Transcriber]] = {
    OPENAI_DEFAULT: _openai,
    OPENAI_TUNED: lambda models_dir, threads: _openai(models_dir, threads, **TUNED),
    FASTER_FP32: lambda models_dir, threads: _engine(models_dir, threads, engine="faster-whisper", int8=False),
    FASTER_INT8: lambda models_dir, threads: _engine(models_dir, threads, engine="faster-whisper", int8=True),
    # 0 threads: as in service, one for each core that is idle at the moment
    OURS: lambda models_dir, _threads: _engine(models_dir, 0),
}
