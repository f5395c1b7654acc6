"""Measures how well languages are told apart over a session, and how an English-only model hears other languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import jiwer
from whisper.normalizers import BasicTextNormalizer

from benchmarks.speech.recordings import Audio, read_16k
from stt_worker.engine import SAMPLE_RATE_HZ, SpeechEngine, Transcript, TranscriptionOptions
from stt_worker.engines.create import create_engine
from stt_worker.guards.foreign_speech import LEAST_LOGPROB, sounds_foreign
from stt_worker.language_belief import UNDECIDED
from stt_worker.settings import SttSettings
from wta.settings import PROJECT_ROOT

DATA = PROJECT_ROOT.parent / "shared" / "data"
_SPOKEN = {"languages": None, "accent": "en", "speakers": "en", "korean": "ko"}
"""Folder of recordings → the language of all of them; None: each file's is in the third column of transcripts.tsv."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A recorded sentence: its file's name, its text and its language (ISO 639-1)."""

    name: str
    audio: Audio
    text: str
    language: str


def clips(folder: str, every: int = 1) -> list[Clip]:
    """Read every n-th clip of a folder of the data, in the order of their names."""
    lines = sorted((DATA / folder / "transcripts.tsv").read_text(encoding="utf-8").splitlines())
    rows = [line.split("\t") for line in lines[::every]]
    return [
        Clip(row[0], read_16k(DATA / folder / row[0]), row[1], _SPOKEN[folder] or row[2])
        for row in rows
        if (DATA / folder / row[0]).is_file()
    ]


def measure(models_dir: Path, every: int) -> dict[str, Any]:
    """Figures of `base` with the language left open, and of `tiny.en`; of each long set every n-th clip counts."""
    engine = create_engine(SttSettings(model="base", models_dir=models_dir))
    said, accented, korean = clips("languages"), clips("accent", every), clips("korean", every)
    by_speaker = groupby(clips("speakers", max(1, every // 2)), key=lambda clip: clip.name.split("-")[0])
    found = {
        "each sentence a session of its own": {
            "one sentence in each of 8 languages": _wrong([[clip] for clip in said], engine),
            "English with an accent": _wrong([[clip] for clip in accented], engine),
        },
        "sentences of one session": {
            "English with an accent, all speakers together": _wrong([accented], engine),
            "English with an accent, a session for each speaker": _wrong([list(own) for _, own in by_speaker], engine),
            "Korean": _wrong([korean], engine),
        },
        "sentences until the language is followed": _until_followed(said, engine),
        "cer_korean": _korean(korean, engine, models_dir),
    }
    english_only = create_engine(SttSettings(model="tiny.en", models_dir=models_dir))
    found["foreign"] = {
        "one sentence in each of 7 languages": _foreign([clip for clip in said if clip.language != "en"], english_only),
        "Korean": _foreign(korean, english_only),
        "English with an accent": _foreign(accented, english_only),
    }
    return {"languages": found, "every": every, "foreign_logprob": LEAST_LOGPROB}


def _session(said: Sequence[Clip], engine: SpeechEngine) -> list[Transcript]:
    """What a session of these sentences is heard as, its language left open."""
    belief, heard = UNDECIDED, []
    for clip in said:
        heard.append(engine.transcribe(clip.audio, TranscriptionOptions(belief=belief)))
        belief = heard[-1].belief or belief
    return heard


def _wrong(sessions: Sequence[Sequence[Clip]], engine: SpeechEngine) -> dict[str, int]:
    pairs = [pair for said in sessions for pair in zip(said, _session(said, engine), strict=True)]
    return {"sentences": len(pairs), "wrong": sum(clip.language != heard.language for clip, heard in pairs)}


def _until_followed(said: Sequence[Clip], engine: SpeechEngine) -> dict[str, int]:
    """How many sessions need how many sentences in a new language until it is written, after one in another."""
    steps = []
    for before, after in zip(said, [*said[1:], said[0]], strict=True):
        heard = [one.language for one in _session([before, *[after] * 3], engine)[1:]]
        steps.append(heard.index(after.language) + 1 if after.language in heard else 0)
    return {str(n or "more than 3"): steps.count(n) for n in sorted(set(steps))}


def _korean(said: Sequence[Clip], engine: SpeechEngine, models_dir: Path) -> dict[str, float]:
    """Character error rates in percent, without spaces and punctuation: ours, and openai-whisper's greedy decode."""
    theirs = create_engine(SttSettings(model="base", models_dir=models_dir, engine="whisper-full"))
    wanted = TranscriptionOptions(language="ko")
    texts = {
        "ours": [engine.transcribe(clip.audio, wanted).text for clip in said],
        "openai-whisper": [theirs.transcribe(clip.audio, wanted).text for clip in said],
    }
    references = [_characters(clip.text) for clip in said]
    return {
        name: round(100 * float(jiwer.cer(references, [_characters(text) for text in heard])), 2)
        for name, heard in texts.items()
    }


def _foreign(said: Sequence[Clip], engine: SpeechEngine) -> dict[str, int]:
    heard = [engine.transcribe(clip.audio) for clip in said]
    doubted = sum(
        bool(one.text) and sounds_foreign(one.avg_logprob, len(clip.audio) / SAMPLE_RATE_HZ)
        for clip, one in zip(said, heard, strict=True)
    )
    return {"sentences": len(said), "said to be another language": doubted}


def _characters(text: str) -> str:
    return BasicTextNormalizer()(text).replace(" ", "")  # type: ignore[no-any-return]
