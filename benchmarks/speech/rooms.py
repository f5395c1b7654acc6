"""Measures how much of the speech in rooms, far from a microphone, the voice detection takes for speech."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from benchmarks.speech.recordings import Audio, Recording, read_folder
from fastapi_service.audio.pipeline import SpeechPipeline
from fastapi_service.audio.segment_events import UtteranceCut
from fastapi_service.audio.vad import load_network
from wta.audio_format import SAMPLE_RATE_HZ, float_to_pcm16
from wta.settings import Settings

STEP = SAMPLE_RATE_HZ // 100
"""Speech is counted in steps of 10 ms."""
CHANGES: dict[str, dict[str, Any]] = {
    "as in service": {},
    "threshold 0.4": {"vad_threshold": 0.4},
    "threshold 0.3": {"vad_threshold": 0.3},
    "threshold 0.2": {"vad_threshold": 0.2},
    "threshold 0.15": {"vad_threshold": 0.15},
    "pre-roll 300 ms": {"preroll_ms": 300},
    "pre-roll 500 ms": {"preroll_ms": 500},
}
"""Name of a variant → the settings in which it differs."""

Steps = NDArray[np.bool_]
"""Whether each step of 10 ms has speech: bool [n_steps]."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What of one recording belongs to utterances, beside who speaks in truth."""

    name: str
    spoken: Steps
    cut: Steps

    @property
    def covered(self) -> float:
        """Share of the speech that lies in utterances."""
        return float(self.cut[self.spoken].mean())


def measure(folder: Path, settings: Settings) -> dict[str, Any]:
    """Shares of speech covered and of silence taken for speech, for each of `CHANGES`.

    Args:
        folder: recordings, and reference.rttm, which says who speaks when (NIST's RTTM).
    """
    network, spoken = load_network(), read_rttm(folder / "reference.rttm")
    recordings = read_folder(folder)
    found = {}
    for name, change in CHANGES.items():
        changed = settings.model_copy(update=change)
        found[name] = summary([_heard(r, spoken.get(Path(r.name).stem, []), changed, network) for r in recordings])
    return {"recordings": len(recordings), "rooms": found}


def read_rttm(file: Path) -> dict[str, list[tuple[float, float]]]:
    """Name of a recording → start and end, in seconds, of each time that somebody speaks in it."""
    turns: dict[str, list[tuple[float, float]]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        kind, name, _, start, length = line.split()[:5]
        if kind == "SPEAKER":
            turns.setdefault(name, []).append((float(start), float(start) + float(length)))
    return turns


def _heard(
    recording: Recording, turns: list[tuple[float, float]], settings: Settings, network: onnxruntime.InferenceSession
) -> Heard:
    cuts = _utterances(recording.audio, settings, network)
    steps = len(recording.audio) // STEP
    return Heard(recording.name, _marked(turns, steps), _marked(cuts, steps))


def _utterances(audio: Audio, settings: Settings, network: onnxruntime.InferenceSession) -> list[tuple[float, float]]:
    pipeline = SpeechPipeline(settings, network, SAMPLE_RATE_HZ)
    events = [*pipeline.push(float_to_pcm16(audio)), *pipeline.finish()]
    cuts = [event for event in events if isinstance(event, UtteranceCut)]
    return [(cut.start_sample / SAMPLE_RATE_HZ, cut.end_sample / SAMPLE_RATE_HZ) for cut in cuts]


def _marked(turns: list[tuple[float, float]], steps: int) -> Steps:
    marked = np.zeros(steps, dtype=np.bool_)
    for start_s, end_s in turns:
        marked[round(start_s * 100) : round(end_s * 100)] = True
    return marked


def summary(heard: list[Heard]) -> dict[str, Any]:
    """Over all recordings: the share of speech covered, and the share of the rest that is taken for speech."""
    spoken, cut = np.concatenate([h.spoken for h in heard]), np.concatenate([h.cut for h in heard])
    covered = {h.name: round(h.covered, 3) for h in heard if h.spoken.any()}
    worst = min(covered, key=lambda name: covered[name])
    return {
        "speech_s": round(float(spoken.sum()) / 100, 1),
        "covered": round(float(cut[spoken].mean()), 4),
        "false": round(float(cut[~spoken].mean()), 4),
        "worst": worst,
        "worst_covered": covered[worst],
        "each": covered,
    }
