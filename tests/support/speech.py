"""Speech for tests: recordings with their text, and sentences spoken by espeak-ng."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import jiwer
import numpy as np
import soundfile
from numpy.typing import NDArray
from whisper.normalizers import EnglishTextNormalizer

from tests.support.processes import ROOT
from tests.support.require import binary
from wta.downloads.registry_wheels import PinnedWheel, fetch_members

_WHEEL = PinnedWheel("pytest-audioeval==0.1.3", "8b97369347232d43180dd9860189c547ccc8dedb42b7c21d511ddc5a05ef7ecc")
_WHEEL_CLIPS = ("hello_world", "quick_brown_fox")
_SENTENCES = (
    "The meeting begins at nine and everybody has to bring the papers from last week.",
    "I would rather walk home through the park than wait another hour for the bus.",
    "He said that the weather had been terrible and the harvest was late this year.",
    "She learned to play the piano when she was five and never stopped practising.",
    "A small dog ran across the road and disappeared behind the old train station.",
)


@dataclass(frozen=True)
class Clip:
    path: Path
    text: str


def speech_folder() -> Path | None:
    """Recordings with a transcripts.tsv (file name, tab, text): WTA_SPEECH_DIR, or the folder beside the project."""
    folder = Path(os.environ.get("WTA_SPEECH_DIR", ROOT.parent / "shared" / "data" / "speech"))
    return folder if (folder / "transcripts.tsv").is_file() else None


def recorded_clips(cache: Path) -> list[Clip]:
    """Recorded English with its text: of the folder where there is one, else two short clips of a package and a voice
    of espeak-ng."""
    if folder := speech_folder():
        rows = (folder / "transcripts.tsv").read_text(encoding="utf-8").splitlines()
        return [Clip(folder / name, text) for name, _, text in (row.partition("\t") for row in rows)]
    return packaged_clips(cache)


def packaged_clips(cache: Path) -> list[Clip]:
    """Two short clips of a package and a voice of espeak-ng."""
    members = [f"pytest_audioeval/samples/audio/en/{name}.{kind}" for name in _WHEEL_CLIPS for kind in ("wav", "txt")]
    paths = fetch_members(_WHEEL, members, cache)
    pairs = zip(paths[::2], paths[1::2], strict=True)
    recorded = [Clip(wav, txt.read_text(encoding="utf-8").strip()) for wav, txt in pairs]
    return recorded + [Clip(espeak(text, cache / f"{n}.wav"), text) for n, text in enumerate(_SENTENCES)]


def espeak(text: str, path: Path, rate_hz: int = 48_000, voice: str = "en-us") -> Path:
    """A sentence as a WAV of any rate, with a second of silence before and after it."""
    raw = path.with_suffix(".raw.wav")
    command = [binary("espeak-ng", "apt-get install espeak-ng"), "-v", voice, "-s", "150", "-w", str(raw), text]
    subprocess.run(command, check=True)
    write_padded(raw, path, rate_hz)
    return path


def write_padded(source: Path, target: Path, rate_hz: int, before_s: float = 1.0, after_s: float = 1.0) -> None:
    """Copy mono audio as a 16-bit WAV of another rate with silence around it."""
    from scipy.signal import resample_poly

    samples, rate = soundfile.read(source, dtype="float64", always_2d=True)
    resampled = resample_poly(samples.mean(axis=1), rate_hz, rate)
    silence = [np.zeros(round(s * rate_hz)) for s in (before_s, after_s)]
    soundfile.write(target, np.concatenate([silence[0], resampled, silence[1]]).clip(-1, 1), rate_hz, "PCM_16")


def load_16k(path: Path) -> NDArray[np.float32]:
    """Mono float32 [n_samples] at 16 kHz, as openai-whisper wants it."""
    from scipy.signal import resample_poly

    samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
    return resample_poly(samples.mean(axis=1), 16_000, rate).astype(np.float32)


def word_error_rate(references: list[str], hypotheses: list[str]) -> float:
    """In percent, over all words, after openai-whisper's English normalisation."""
    normalize = EnglishTextNormalizer()
    return 100 * float(jiwer.wer([normalize(r) for r in references], [normalize(h) for h in hypotheses]))
