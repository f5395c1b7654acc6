"""Compares our engine with openai-whisper's whole window on real readers, accents, children and Korean, and in noise.

Each recording is given whole to both engines, without voice detection, so that this is about the engine alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speech import error_counts
from benchmarks.speech.recordings import Audio, Recording, read_16k, read_folder
from stt_worker.engine import SpeechEngine, Transcript
from stt_worker.engines.create import create_engine
from stt_worker.settings import SilenceGuardSettings, SttSettings
from tests.support import sounds

NOISES_DB = (None, 10, 5)
"""Signal-to-noise ratios of the kitchen behind the voices, by the mean power of each recording; None is no noise."""
_BELIEVE_ALL = SilenceGuardSettings(no_speech_prob=1, doubtful_no_speech_prob=1)
"""openai-whisper's plain greedy decode has no guard."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """A folder of recordings beside the folder of speech, and the model and language that it is decoded with."""

    folder: str
    model: str
    language: str
    by_character: bool = False
    """Whether errors are counted in characters: Korean writes its spaces freely."""


CORPORA = (
    Corpus("speech", "tiny.en", "en"),
    Corpus("other", "tiny.en", "en"),
    Corpus("accent", "tiny.en", "en"),
    Corpus("korean", "base", "ko", by_character=True),
)


def measure(data: Path, models_dir: Path, corpora: Sequence[str], every: int = 1) -> Iterator[dict[str, Any]]:
    """A row of figures for each corpus and noise.

    Args:
        data: the folder that holds the corpora's folders, and the kitchen as noise/kitchen.flac.
        corpora: names of `CORPORA` to measure.
        every: 2 takes every second recording, and so on.
    """
    kitchen = read_16k(data / "noise" / "kitchen.flac")
    for corpus in (c for c in CORPORA if c.folder in corpora):
        engines = _engines(corpus, models_dir)
        spoken = [r for r in read_folder(data / corpus.folder) if r.text][::every]
        for noise_db in NOISES_DB:
            noisy = [replace(r, audio=in_noise(r.audio, kitchen, noise_db, n)) for n, r in enumerate(spoken)]
            yield {"corpus": corpus.folder, "model": corpus.model, "noise_db": noise_db} | _row(corpus, noisy, engines)


def _engines(corpus: Corpus, models_dir: Path) -> list[SpeechEngine]:
    """Ours, and openai-whisper's: the same weights, one thread each."""
    settings = SttSettings(model=corpus.model, models_dir=models_dir, threads=1, language=corpus.language)
    ours = create_engine(settings)
    theirs = create_engine(settings.model_copy(update={"engine": "whisper-full", "guard": _BELIEVE_ALL}))
    for engine in (ours, theirs):
        engine.warm_up()
    return [ours, theirs]


def _row(corpus: Corpus, spoken: list[Recording], engines: list[SpeechEngine]) -> dict[str, Any]:
    heard = [[_timed(engine, r.audio) for engine in engines] for r in spoken]
    ours, theirs = ([transcript for transcript, _ in column] for column in zip(*heard, strict=True))
    cpu_ours, cpu_theirs = (sum(seconds for _, seconds in column) for column in zip(*heard, strict=True))
    said = [r.text or "" for r in spoken]
    count = error_counts.characters if corpus.by_character else error_counts.words
    return {
        "utterances": len(spoken),
        "seconds": round(sum(len(r.audio) for r in spoken) / 16_000),
        "unit": "characters" if corpus.by_character else "words",
        **error_counts.compared(count(said, _texts(ours)), count(said, _texts(theirs))),
        "silenced": sum(t.rejected is not None for t in ours),
        "retry_rate": round(sum(t.retried for t in ours) / len(ours), 4),
        "cpu_s": round(cpu_ours, 1),
        "cpu_ratio": round(cpu_theirs / cpu_ours, 2),
    }


def _texts(transcripts: list[Transcript]) -> list[str]:
    return [t.text for t in transcripts]


def _timed(engine: SpeechEngine, audio: Audio) -> tuple[Transcript, float]:
    began = time.process_time()
    transcript = engine.transcribe(audio)
    return transcript, time.process_time() - began


def in_noise(audio: Audio, noise: Audio, snr_db: int | None, number: int) -> Audio:
    """The audio with the noise behind it, which begins elsewhere for each recording."""
    if snr_db is None:
        return audio
    behind = np.resize(np.roll(noise, -number * 7919 * 160), len(audio))
    loudness = sounds.rms(audio) * 10 ** (-snr_db / 20)
    return np.asarray(audio + sounds.level(behind, loudness), dtype=np.float32)
