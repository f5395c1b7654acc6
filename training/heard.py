"""Speaks texts with synthetic voices, writes them down with tiny.en as the worker does it, and keeps the transcripts.

`python -m training.heard OUT.jsonl` does so with the training sentences, for `training.train --heard`.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import jiwer
import numpy as np
import soundfile
import typer
from numpy.typing import NDArray
from scipy.signal import resample_poly
from tqdm import tqdm
from whisper.normalizers import EnglishTextNormalizer

from stt_worker.engine import SAMPLE_RATE_HZ, TranscriptionOptions
from stt_worker.engines.create import create_engine
from stt_worker.settings import SttSettings
from training.sst import load_corpus, natural


@dataclass(frozen=True)
class Voice:
    """A program that speaks its last argument, and writes the speech to its output as WAV."""

    command: tuple[str, ...]

    @property
    def is_installed(self) -> bool:
        return shutil.which(self.command[0]) is not None

    def speak(self, text: str) -> NDArray[np.float32]:
        """Speak `text`: float32 [n_samples], mono, 16 kHz. Raises CalledProcessError where the program fails."""
        wav = subprocess.run([*self.command, text], capture_output=True, check=True).stdout
        samples, rate_hz = soundfile.read(io.BytesIO(wav), dtype="float32")
        audio: NDArray[np.float32] = resample_poly(samples, SAMPLE_RATE_HZ, rate_hz).astype(np.float32)
        return audio


VOICES = {
    "espeak": Voice(("espeak-ng", "-v", "en-gb", "-s", "140", "--stdout", "--")),
    "flite": Voice(("flite", "-voice", "awb", "--setf", "duration_stretch=1.2", "-o", "/dev/stdout", "-t")),
}
"""The voices for measuring. espeak-ng computes its sounds; flite's were learnt from recordings of a person. Of each
program's English voices and speeds this is the one that tiny.en understands best. It understands people better."""
TRAINING_VOICES = {
    "espeak-us": Voice(("espeak-ng", "-v", "en-us", "-s", "150", "--stdout", "--")),
    "flite-slt": Voice(("flite", "-voice", "slt", "--setf", "duration_stretch=1.1", "-o", "/dev/stdout", "-t")),
}
"""The voices for training, which are others than those for measuring."""


@dataclass(frozen=True)
class Heard:
    """What tiny.en wrote, and how sure it was.

    text: empty where it heard no speech.
    avg_logprob: mean natural log-probability of the text's tokens (stt_worker.engine.Transcript).
    """

    text: str
    avg_logprob: float


def transcripts(texts: list[str], voice: Voice, cache: Path, models_dir: Path, threads: int = 1) -> list[Heard]:
    """Speak each text with `voice` and transcribe it with tiny.en. Texts done before are read from the file `cache`."""
    known: dict[str, tuple[str, float]] = json.loads(cache.read_text(encoding="utf-8")) if cache.exists() else {}
    missing = [text for text in texts if _key(text) not in known]
    if missing:
        settings = SttSettings(model="tiny.en", models_dir=models_dir, threads=threads)
        engine = create_engine(settings)
        for done, text in enumerate(tqdm(missing, desc="speak and transcribe"), start=1):
            heard = engine.transcribe(voice.speak(text), TranscriptionOptions(language="en"))
            known[_key(text)] = heard.text, heard.avg_logprob
            if done % 20 == 0 or done == len(missing):
                cache.parent.mkdir(parents=True, exist_ok=True)
                cache.write_text(json.dumps(known), encoding="utf-8")
    return [Heard(*known[_key(text)]) for text in texts]


def word_error_rate(texts: list[str], heard: list[str]) -> float:
    """Share of wrong words in `heard`, 0 to 1 and more, after openai-whisper's English normalisation."""
    normalize = EnglishTextNormalizer()
    return float(jiwer.wer([normalize(text) for text in texts], [normalize(text) for text in heard]))


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def main(
    target: Annotated[Path, typer.Argument(help="Gets a line for each sentence: its text and its transcript.")],
    data: Path = Path("../shared/data/sst"),
    models_dir: Path = Path("models"),
) -> None:
    sentences = [phrase.text for phrase in load_corpus(data).phrases if phrase.is_sentence]
    random.Random(5).shuffle(sentences)
    with target.open("w", encoding="utf-8") as out:
        for turn, (name, voice) in enumerate(TRAINING_VOICES.items()):
            texts = sentences[turn :: len(TRAINING_VOICES)]
            cache = target.with_name(f"transcripts-{name}.json")
            heard = transcripts([natural(text) for text in texts], voice, cache, models_dir)
            out.writelines(json.dumps([text, h.text]) + "\n" for text, h in zip(texts, heard, strict=True))


if __name__ == "__main__":
    typer.run(main)
