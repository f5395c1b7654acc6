"""Measures the time from the VAD decision to the text, of all systems in random turns on the same utterances."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speech import statistics
from benchmarks.speech.recordings import Recording, Utterance
from benchmarks.speech.systems import FASTER_FP32, FASTER_INT8, OPENAI_TUNED, OURS, SYSTEMS, Answer, System

EAGER = "ours, eager final"
_LEAST_S = 0.001
"""The time of an eager final that was ready before the decision: finding it takes so long."""
LENGTHS_S = {"2-6 s": (2.0, 6.0), "6-15 s": (6.0, 15.0)}


class Comparison:
    """The answers of every system to every utterance.

    Args:
        threads: how many threads each system may use.
        names: which of SYSTEMS are compared.
    """

    def __init__(self, models_dir: Path, threads: int, names: Sequence[str] = tuple(SYSTEMS)) -> None:
        self._systems = [System(name, models_dir, threads) for name in names]
        self._answers: dict[str, list[Answer]] = {name: [] for name in (*names, EAGER)}
        self._random = random.Random(1)

    def run(self, recordings: list[Recording], said: list[Utterance]) -> dict[str, Any]:
        """Ask every system about every utterance `said`, and report times, word error rates and ratios."""
        for system in self._systems:
            system.warm_up(said[0].audio)
        for done, utterance in enumerate(said):
            for system in self._random.sample(self._systems, len(self._systems)):
                self._answers[system.name].append(system.transcribe(utterance.audio))
                if system.name == OURS:
                    self._answers[EAGER].append(_eager(system, utterance))
            print(f"\r{done + 1}/{len(said)} utterances", end="", flush=True)
        print()
        memory = {system.name: system.close() for system in self._systems}
        return self._report(recordings, said, memory)

    def _report(self, recordings: list[Recording], said: list[Utterance], memory: dict[str, float]) -> dict[str, Any]:
        seconds = {name: [a.seconds for a in answers] for name, answers in self._answers.items()}
        systems = {name: self._system(name, recordings, said, memory.get(name)) for name in self._answers}
        best = min((FASTER_FP32, FASTER_INT8), key=lambda name: float(np.mean(np.log(seconds[name]))))
        within = [any(low <= u.seconds <= high for low, high in LENGTHS_S.values()) for u in said]
        ours = self._answers[OURS]
        return {
            "ratio_vs_faster_whisper": _ratio(seconds[best], seconds[OURS], within, against=best),
            "ratio_vs_faster_whisper_eager": _ratio(seconds[best], seconds[EAGER], within, against=best),
            "ratio_by_length": {
                label: _ratio(seconds[best], seconds[OURS], [low <= u.seconds <= high for u in said])
                for label, (low, high) in LENGTHS_S.items()
            },
            "ratio_vs_openai_whisper_tuned": _ratio(seconds[OPENAI_TUNED], seconds[OURS], within),
            "wer_delta": _difference(systems[OURS]["wer"], systems[best]["wer"]),
            "wer_delta_eager": _difference(systems[EAGER]["wer"], systems[best]["wer"]),
            "retry_rate": round(sum(a.passes > 1 for a in ours) / len(ours), 4),
            "systems": systems,
        }

    def _system(self, name: str, recordings: list[Recording], said: list[Utterance], peak: float | None) -> Any:
        answers = self._answers[name]
        seconds = [a.seconds for a in answers]
        return {
            "ms": statistics.percentiles_ms(seconds) | {"mean": round(1000 * float(np.mean(seconds)))},
            "rtf": round(sum(seconds) / sum(u.seconds for u in said), 4),
            "unlike_openai_whisper": statistics.difference(self._texts(OPENAI_TUNED), self._texts(name)),
            "wer": statistics.word_error_rate(recordings, said, [a.text for a in answers]),
            "peak_memory_mb": None if peak is None else round(peak),
        }

    def _texts(self, name: str) -> list[str]:
        return [answer.text for answer in self._answers[name]]


def _eager(system: System, utterance: Utterance) -> Answer:
    """The answer when work begins in the early silence, in real time. Its time begins at the VAD decision."""
    if not utterance.lead_s:
        return system.transcribe(utterance.audio)
    system.ask(utterance.head)
    decided = time.perf_counter() + utterance.lead_s
    time.sleep(utterance.lead_s)
    answer = system.answer()
    return Answer(answer.text, max(_LEAST_S, time.perf_counter() - decided), answer.passes)


def _ratio(theirs: list[float], ours: list[float], chosen: list[bool], **more: str) -> dict[str, Any] | None:
    pairs = [(t, o) for t, o, wanted in zip(theirs, ours, chosen, strict=True) if wanted]
    return statistics.ratio(*zip(*pairs, strict=True)) | more if pairs else None


def _difference(ours: float | None, theirs: float | None) -> float | None:
    return None if ours is None or theirs is None else round(ours - theirs, 2)
