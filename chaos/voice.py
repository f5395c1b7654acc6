"""What the speakers say: short sentences of espeak-ng, and recordings where there are any."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random

import numpy as np
import soundfile
import soxr  # type: ignore[import-untyped]
from numpy.typing import NDArray

from chaos.errors import CannotBeMadeError
from chaos.history import Span
from wta.audio_format import SAMPLE_RATE_HZ, float_to_pcm16
from wta.settings import PROJECT_ROOT

SENTENCES = (
    "The weather is lovely today.", "I really hate waiting in line.", "Dinner tonight was wonderful.",
    "This film was a terrible mess.", "Our train arrives at seven.", "My brother bought a new car.",
    "She sings better than anyone.", "The service here is awful.", "We walked along the river.",
    "I love this little town.",
)  # fmt: skip
LONG_SENTENCE = (
    "This one sentence is a good deal longer than all the others, because a worker has to know it by its length."
)
LONG_S = 4.5
"""No sentence but the long one takes more seconds than this."""
_LEAD_S = 0.6
_PAUSE_S = 0.9
"""Longer than the silence that ends an utterance."""


@dataclass(frozen=True)
class Speech:
    """Sound, and where in it the sentences are."""

    pcm16: bytes
    """Mono at 16 kHz."""
    spans: tuple[Span, ...]


class Voice:
    """Makes the sound of each sentence once, and keeps it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @cached_property
    def sentences(self) -> list[NDArray[np.float32]]:
        return [self._spoken(text) for text in SENTENCES]

    @cached_property
    def long_sentence(self) -> NDArray[np.float32]:
        return self._spoken(LONG_SENTENCE)

    @cached_property
    def recordings(self) -> list[NDArray[np.float32]]:
        """Recordings of WTA_SPEECH_DIR or of the folder beside the project; the sentences where there are none."""
        folder = Path(os.environ.get("WTA_SPEECH_DIR", PROJECT_ROOT.parent / "shared" / "data" / "speech"))
        files = sorted(folder.glob("*.flac"))[:8] if folder.is_dir() else []
        return [_trimmed(_load(file)) for file in files] or self.sentences

    def speech(self, count: int, random: Random, long: bool = False, recorded: bool = False) -> Speech:
        """Make a speech of `count` sentences in a random order, with a pause after each.

        Args:
            long: whether the long sentence comes first.
            recorded: whether recordings are used, where there are any.
        """
        source = self.recordings if recorded else self.sentences
        chosen = [source[random.randrange(len(source))] for _ in range(count)]
        return join([self.long_sentence, *chosen] if long else chosen)

    def _spoken(self, text: str) -> NDArray[np.float32]:
        program = shutil.which("espeak-ng")
        if program is None:
            raise CannotBeMadeError("there is no espeak-ng here: apt-get install espeak-ng")
        file = self._folder / f"{text[:30]}.wav"
        subprocess.run([program, "-v", "en-us", "-s", "150", "-w", str(file), text], check=True)
        return _trimmed(_load(file))


def join(sentences: list[NDArray[np.float32]]) -> Speech:
    """Put silence before, between and after the sentences (float32, 16 kHz)."""
    parts, spans, at = [np.zeros(round(_LEAD_S * SAMPLE_RATE_HZ), np.float32)], [], _LEAD_S
    for sentence in sentences:
        seconds = len(sentence) / SAMPLE_RATE_HZ
        spans.append(Span(at, at + seconds))
        parts += [sentence, np.zeros(round(_PAUSE_S * SAMPLE_RATE_HZ), np.float32)]
        at += seconds + _PAUSE_S
    return Speech(float_to_pcm16(np.concatenate(parts)), tuple(spans))


def _load(file: Path) -> NDArray[np.float32]:
    samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
    return np.asarray(soxr.resample(samples.mean(axis=1), rate, SAMPLE_RATE_HZ), dtype=np.float32)


def _trimmed(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cut off the silence at both ends."""
    loud = np.flatnonzero(np.abs(samples) > 0.03 * np.abs(samples).max())
    return samples[loud[0] : loud[-1] + 1]
