"""Recordings whose speakers are known: sentences of many readers, and meetings."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from benchmarks.speech.recordings import Audio, read_16k


@dataclass(frozen=True, slots=True)
class Turn:
    """One speaker speaks from `start_s` to `end_s`, in seconds from the recording's first sample."""

    speaker: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Conversation:
    """A recording, float32 mono at 16 kHz, and who speaks when. Turns may overlap."""

    name: str
    audio: Audio
    turns: tuple[Turn, ...]

    @property
    def speakers(self) -> int:
        """How many people speak."""
        return len({turn.speaker for turn in self.turns})


Readers = dict[str, list[Audio]]
"""Reader → sentences, float32 mono at 16 kHz."""


def read_readers(folder: Path) -> Readers:
    """Read a folder of sound files that are named as speaker-utterance.flac, in the order of their names."""
    found: Readers = defaultdict(list)
    for path in sorted(folder.glob("*.flac")):
        found[path.stem.partition("-")[0]].append(read_16k(path))
    return dict(found)


def read_meetings(folder: Path) -> list[Conversation]:
    """Read a folder of sound files with a reference.rttm (NIST's format), in the order of their names."""
    turns = defaultdict(list)
    for line in (folder / "reference.rttm").read_text(encoding="utf-8").splitlines():
        _, name, _, start, duration, _, _, speaker, *_ = line.split()
        turns[name].append(Turn(speaker, float(start), float(start) + float(duration)))
    return [
        Conversation(path.stem, read_16k(path), tuple(turns[path.stem]))
        for path in sorted(folder.glob("*.flac"))
        if turns[path.stem]
    ]
