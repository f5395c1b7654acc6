"""Judges who was said to speak when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from benchmarks.speakers.recordings import Conversation, Turn
from wta.audio_format import SAMPLE_RATE_HZ

COLLAR_S = 0.25
"""Seconds on either side of a reference's boundary that are not scored, as is usual."""
SENTENCE_S = 1.5
"""Seconds of speech from which a sentence must have the right speaker."""


@dataclass(slots=True)
class Score:
    """Sums over conversations. Add them up with +=."""

    speech_s: float = 0.0
    """Seconds of speech that were scored; overlapping speech counts for each who speaks."""
    missed_s: float = 0.0
    false_alarm_s: float = 0.0
    confused_s: float = 0.0
    sentences: int = 0
    """How many utterances have at least SENTENCE_S of one speaker."""
    wrong: int = 0
    """How many of these were given to somebody else."""
    found: int = 0
    """How many speakers were found, of all conversations together."""

    @property
    def der(self) -> float:
        """The diarization error rate, 0 to 1 or more."""
        return (self.missed_s + self.false_alarm_s + self.confused_s) / self.speech_s

    def figures(self) -> dict[str, float | int]:
        """The rates, 0 to 1 or more, and the counts behind them."""
        seconds = {"missed": self.missed_s, "false_alarm": self.false_alarm_s, "confused": self.confused_s}
        shares = {"der": self.der} | {name: wrong_s / self.speech_s for name, wrong_s in seconds.items()}
        rates = {name: round(share, 4) for name, share in shares.items()}
        return rates | {"sentences": self.sentences, "wrong": self.wrong, "speakers_found": self.found}

    def __iadd__(self, other: Score) -> Score:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self


def score(conversation: Conversation, said: Sequence[Turn]) -> Score:
    """Compare with the reference by spy-der, with COLLAR_S and all overlaps counted."""
    from spyder import DER

    whole = [(0.0, len(conversation.audio) / SAMPLE_RATE_HZ)]
    rates = DER(_rows(conversation.turns), _rows(said), uem=whole, collar=COLLAR_S, regions="all")
    shares = (rates.miss, rates.falarm, rates.conf)
    pairs = [(turn.speaker, who) for turn in said if (who := _speaker_of(turn, conversation))]
    return Score(
        rates.duration, *(share * rates.duration for share in shares),
        sentences=len(pairs), wrong=_wrong(pairs), found=len({turn.speaker for turn in said}),
    )  # fmt: skip


def equal_error(same: Sequence[float], different: Sequence[float]) -> float:
    """The rate, 0 to 1, at which as many pairs of one speaker are taken for two as pairs of two for one."""
    ours, theirs = np.sort(same), np.sort(different)
    limits = np.concatenate([ours, theirs])
    refused = np.searchsorted(ours, limits) / len(ours)
    taken = 1 - np.searchsorted(theirs, limits) / len(theirs)
    best = int(np.abs(refused - taken).argmin())
    return float((refused[best] + taken[best]) / 2)


def _rows(turns: Sequence[Turn]) -> list[tuple[str, float, float]]:
    return [(turn.speaker, turn.start_s, turn.end_s) for turn in turns]


def _speaker_of(turn: Turn, conversation: Conversation) -> str | None:
    """Who speaks most within an utterance; None where nobody does for SENTENCE_S."""
    spoken: dict[str, float] = defaultdict(float)
    for other in conversation.turns:
        spoken[other.speaker] += max(0.0, min(turn.end_s, other.end_s) - max(turn.start_s, other.start_s))
    who = max(spoken, key=lambda name: spoken[name])
    return who if spoken[who] >= SENTENCE_S else None


def _wrong(pairs: Sequence[tuple[str, str]]) -> int:
    """How many (found, true) pairs are wrong, if each speaker found stands for at most one true speaker."""
    found, true = sorted({pair[0] for pair in pairs}), sorted({pair[1] for pair in pairs})
    counts = np.array([[sum(pair == (f, t) for pair in pairs) for t in true] for f in found])
    if not len(pairs):
        return 0
    rows, columns = linear_sum_assignment(-counts)
    return len(pairs) - int(counts[rows, columns].sum())
