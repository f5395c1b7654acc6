"""Reads the recordings of a benchmark, and cuts them into utterances by the service's own voice detection."""

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
from wta.downloads.registry_wheels import PinnedWheel, fetch_members
from wta.settings import PROJECT_ROOT, Settings

_WHEEL = PinnedWheel("pytest-audioeval==0.1.3", "8b97369347232d43180dd9860189c547ccc8dedb42b7c21d511ddc5a05ef7ecc")
_WHEEL_CLIPS = ("hello_world", "quick_brown_fox")
"""Its third clip is left out: it counts, and "123" is one word, where "one, two, three" is three."""
_LJSPEECH = Path(__file__).parent / "ljspeech.tsv"
"""The texts of LJSpeech's first clips (William Morris, "Printing", 1893), for a folder of them without texts."""
SOUNDS = (".flac", ".wav", ".ogg", ".mp3")
_GAP_S = 1.0
"""Silence after a recording. Without it the last utterance would end with the file and not with its endpoint."""

Audio = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording of speech, float32 mono at 16 kHz, and its text; None where that is not known."""

    name: str
    audio: Audio
    text: str | None


@dataclass(frozen=True, slots=True)
class Utterance:
    """The audio that one VAD decision gives to a speech-to-text system."""

    recording: str
    audio: Audio
    head: Audio
    """The audio up to the early pause of `Segmenter`, of which an eager final is made."""
    lead_s: float
    """Seconds from that pause to the VAD decision."""

    @property
    def seconds(self) -> float:
        """How long the utterance is."""
        return len(self.audio) / SAMPLE_RATE_HZ


def speech_folder() -> Path | None:
    """The folder of recordings: WTA_SPEECH_DIR, or the one beside the project; None where it does not exist."""
    folder = Path(os.environ.get("WTA_SPEECH_DIR", PROJECT_ROOT.parent / "shared" / "data" / "speech"))
    return folder if folder.is_dir() else None


def load(cache: Path) -> list[Recording]:
    """Read all recordings of the folder, with texts from its transcripts.tsv (file name, tab, text).

    Unless WTA_SPEECH_DIR is set, two recordings of a package are added, which is fetched into `cache`.
    """
    folder = speech_folder()
    found = read_folder(folder) if folder else []
    if os.environ.get("WTA_SPEECH_DIR") is None:
        found += _packaged(cache)
    return found


def read_folder(folder: Path) -> list[Recording]:
    """Read all recordings of a folder, with texts from its transcripts.tsv."""
    texts = transcripts(folder)
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SOUNDS)
    return [Recording(path.name, read_16k(path), texts.get(path.name)) for path in paths]


def read_16k(path: Path) -> Audio:
    """Read a sound file as float32 [n_samples], mono, 16 kHz."""
    samples, rate_hz = soundfile.read(path, dtype="float64", always_2d=True)
    audio: Audio = resample_poly(samples.mean(axis=1), SAMPLE_RATE_HZ, rate_hz).astype(np.float32)
    return audio


def utterances(recordings: list[Recording], settings: Settings) -> list[Utterance]:
    """Cut recordings, each followed by silence, as the service would."""
    network = load_network()
    found: list[Utterance] = []
    for recording in recordings:
        pipeline = SpeechPipeline(settings, network, SAMPLE_RATE_HZ)
        silence = np.zeros(round(_GAP_S * SAMPLE_RATE_HZ), dtype=np.float32)
        events = [*pipeline.push(float_to_pcm16(np.concatenate([recording.audio, silence]))), *pipeline.finish()]
        found += [_utterance(recording.name, event, settings) for event in events if isinstance(event, UtteranceCut)]
    return found


def some(recordings: list[Recording], said: list[Utterance], most: int) -> tuple[list[Recording], list[Utterance]]:
    """Keep at most `most` utterances, the first and the last, and the recordings that they are from.

    A recording of which some utterances are left out loses its text, because its words could not be counted.
    """
    if len(said) <= most:
        return recordings, said
    kept = said[: most - most // 2] + said[len(said) - most // 2 :]
    names = {u.recording for u in kept}
    cut = {u.recording for u in said[most - most // 2 : len(said) - most // 2]}
    return [replace(r, text=None) if r.name in cut else r for r in recordings if r.name in names], kept


def describe(recordings: list[Recording], said: list[Utterance]) -> dict[str, Any]:
    """Count recordings, utterances, seconds of speech, and words whose text is known."""
    return {
        "recordings": len(recordings),
        "utterances": len(said),
        "seconds": round(sum(u.seconds for u in said)),
        "words_with_reference": sum(len((r.text or "").split()) for r in recordings),
    }


def _utterance(name: str, cut: UtteranceCut, settings: Settings) -> Utterance:
    audio = pcm16_to_float(cut.pcm16)
    eager = cut.paused_samples
    if eager is None:  # it was cut for its length, so that no pause came before
        return Utterance(name, audio, audio, 0.0)
    spoken = cut.speech_end_sample - cut.start_sample
    return Utterance(name, audio, audio[:eager], settings.endpoint_ms / 1000 - (eager - spoken) / SAMPLE_RATE_HZ)


def transcripts(folder: Path) -> dict[str, str]:
    """Name of a file in the folder → its text, where that is known."""
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
