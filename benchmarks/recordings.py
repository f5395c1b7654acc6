"""The recordings that a benchmark speaks, and the utterances that the service's own voice detection cuts them into."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import resample_poly

from fastapi_service.audio.pipeline import SpeechPipeline
from fastapi_service.audio.segment_events import UtteranceCut
from fastapi_service.audio.vad import load_network
from wta.audio_format import SAMPLE_RATE_HZ, float_to_pcm16, pcm16_to_float
from wta.registry_wheels import PinnedWheel, fetch_members
from wta.settings import PROJECT_ROOT, Settings

_WHEEL = PinnedWheel("pytest-audioeval==0.1.3", "8b97369347232d43180dd9860189c547ccc8dedb42b7c21d511ddc5a05ef7ecc")
_WHEEL_CLIPS = ("hello_world", "quick_brown_fox")  # its third one counts: "123" is one word, "one, two, three" three
_LJSPEECH = Path(__file__).parent / "ljspeech.tsv"
"""What LJSpeech's first clips say (William Morris, "Printing", 1893), for a folder of them that does not tell."""
SOUNDS = (".flac", ".wav", ".ogg", ".mp3")
_GAP_S = 1.0
"""Silence after a recording: without it the endpoint of its last utterance would be the end of the file."""

Audio = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Recording:
    """Somebody speaking, float32 mono at 16 kHz, and what they say where that is known."""

    name: str
    audio: Audio
    text: str | None


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one VAD decision hands to a speech-to-text system."""

    recording: str
    audio: Audio
    head: Audio
    """The same up to `Segmenter`'s early pause: what an eager final is made of."""
    lead_s: float
    """From that pause to the VAD decision."""

    @property
    def seconds(self) -> float:
        return len(self.audio) / SAMPLE_RATE_HZ


def speech_folder() -> Path | None:
    """WTA_SPEECH_DIR, or the folder of recordings beside the project."""
    folder = Path(os.environ.get("WTA_SPEECH_DIR", PROJECT_ROOT.parent / "shared" / "data" / "speech"))
    return folder if folder.is_dir() else None


def load(cache: Path) -> list[Recording]:
    """All recordings of the folder, texts from its transcripts.tsv (file name, tab, text); and a package's."""
    found = []
    if folder := speech_folder():
        texts = transcripts(folder)
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SOUNDS)
        found = [Recording(path.name, read_16k(path), texts.get(path.name)) for path in paths]
    if os.environ.get("WTA_SPEECH_DIR") is None:
        found += _packaged(cache)
    return found


def read_16k(path: Path) -> Audio:
    """Mono float32 at 16 kHz."""
    samples, rate_hz = soundfile.read(path, dtype="float64", always_2d=True)
    audio: Audio = resample_poly(samples.mean(axis=1), SAMPLE_RATE_HZ, rate_hz).astype(np.float32)
    return audio


def utterances(recordings: list[Recording], settings: Settings) -> list[Utterance]:
    """What the service would cut the recordings into, each followed by silence."""
    network = load_network()
    found: list[Utterance] = []
    for recording in recordings:
        pipeline = SpeechPipeline(settings, network, SAMPLE_RATE_HZ)
        silence = np.zeros(round(_GAP_S * SAMPLE_RATE_HZ), dtype=np.float32)
        events = [*pipeline.push(float_to_pcm16(np.concatenate([recording.audio, silence]))), *pipeline.finish()]
        found += [_utterance(recording.name, event, settings) for event in events if isinstance(event, UtteranceCut)]
    return found


def some(recordings: list[Recording], said: list[Utterance], most: int) -> tuple[list[Recording], list[Utterance]]:
    """At most so many utterances, the first and the last. A recording of which some are left out loses its text: its
    words could not be counted."""
    if len(said) <= most:
        return recordings, said
    kept = said[: most - most // 2] + said[len(said) - most // 2 :]
    names = {u.recording for u in kept}
    cut = {u.recording for u in said[most - most // 2 : len(said) - most // 2]}
    return [replace(r, text=None) if r.name in cut else r for r in recordings if r.name in names], kept


def describe(recordings: list[Recording], said: list[Utterance]) -> dict[str, Any]:
    """How much was said."""
    return {
        "recordings": len(recordings),
        "utterances": len(said),
        "seconds": round(sum(u.seconds for u in said)),
        "words_with_reference": sum(len((r.text or "").split()) for r in recordings),
    }


def _utterance(name: str, cut: UtteranceCut, settings: Settings) -> Utterance:
    audio = pcm16_to_float(cut.pcm16)
    eager = cut.paused_samples
    if eager is None:  # cut for its length: no pause foretold it
        return Utterance(name, audio, audio, 0.0)
    spoken = cut.speech_end_sample - cut.start_sample
    return Utterance(name, audio, audio[:eager], settings.endpoint_ms / 1000 - (eager - spoken) / SAMPLE_RATE_HZ)


def transcripts(folder: Path) -> dict[str, str]:
    """What is said in the folder's files, by file name, where that is known."""
    lines = [line for file in (_LJSPEECH, folder / "transcripts.tsv") if file.is_file() for line in _lines(file)]
    rows = (line.partition("\t") for line in lines)
    return {name: text.strip() for name, _, text in rows if text.strip()}


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8-sig").splitlines()


def _packaged(cache: Path) -> Iterator[Recording]:
    members = [f"pytest_audioeval/samples/audio/en/{name}.{kind}" for name in _WHEEL_CLIPS for kind in ("wav", "txt")]
    paths = [cache / Path(member).name for member in members]
    if not all(path.is_file() for path in paths):
        fetch_members(_WHEEL, members, cache)
    for wav, txt in zip(paths[::2], paths[1::2], strict=True):
        yield Recording(wav.name, read_16k(wav), txt.read_text(encoding="utf-8").strip())
