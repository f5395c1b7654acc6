"""Reads short comments that people labelled with 28 emotions (GoEmotions, arXiv 2005.00547) as three-way targets."""

from __future__ import annotations

import dataclasses
import gzip
import random
from pathlib import Path

from training import factual
from training.sst import Corpus, Phrase, fingerprint

EMOTIONS = (
    "admiration", "amusement", "anger", "annoyance", "approval", "caring", "confusion", "curiosity", "desire",
    "disappointment", "disapproval", "disgust", "embarrassment", "excitement", "fear", "gratitude", "grief", "joy",
    "love", "nervousness", "optimism", "pride", "realization", "relief", "remorse", "sadness", "surprise", "neutral",
)  # fmt: skip
"""In the order of the numbers in the files."""
NEGATIVE = frozenset(
    ("anger", "annoyance", "disappointment", "disapproval", "disgust", "embarrassment", "fear", "grief", "nervousness",
     "remorse", "sadness")
)  # fmt: skip
POSITIVE = frozenset(EMOTIONS) - NEGATIVE - {"confusion", "curiosity", "realization", "surprise", "neutral"}
_FEELING = {"positive": (0.02, 0.10, 0.88), "negative": (0.88, 0.10, 0.02)}
_OTHERS = {
    "neutral": (0.05, 0.90, 0.05),
    "approval": (0.03, 0.27, 0.70),
    "disapproval": (0.70, 0.27, 0.03),
    "desire": (0.04, 0.30, 0.66),
    "curiosity": (0.08, 0.82, 0.10),
    "confusion": (0.26, 0.70, 0.04),
    "realization": (0.17, 0.66, 0.17),
    "surprise": (0.18, 0.47, 0.35),
}
"""Probabilities of negative, neutral, positive. Approval, disapproval and desire are often matters of fact."""
HELD_COMMENTS = 2000
"""How many training comments are kept back, to choose between runs and to calibrate."""
_SPLIT_SEED = 0


@dataclasses.dataclass(frozen=True)
class Comment:
    """A comment and the names of its emotions, of which there is at least one."""

    text: str
    emotions: tuple[str, ...]

    @property
    def label(self) -> int:
        """0 negative, 2 positive; 1 where there is no feeling, or there are both, or nobody can tell which it is."""
        has_positive, has_negative = (not kind.isdisjoint(self.emotions) for kind in (POSITIVE, NEGATIVE))
        return 1 + has_positive - has_negative

    @property
    def target(self) -> tuple[float, ...]:
        """Probabilities of negative, neutral, positive: the mean over the emotions, where neutral weighs half."""
        weights = [0.5 if name == "neutral" else 1.0 for name in self.emotions]
        rows = zip(weights, map(_target, self.emotions), strict=True)
        sums = (sum(column) for column in zip(*([w * p for p in row] for w, row in rows), strict=True))
        return tuple(total / sum(weights) for total in sums)


def _target(emotion: str) -> tuple[float, ...]:
    return _OTHERS.get(emotion) or _FEELING["positive" if emotion in POSITIVE else "negative"]


def read_comments(path: Path) -> list[Comment]:
    """Read a gzipped file with lines of text, a tab, and numbers of emotions with commas between them."""
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as lines:
        rows = (line.rstrip("\r\n").rsplit("\t", 1) for line in lines)
        return [Comment(text, tuple(EMOTIONS[int(n)] for n in numbers.split(","))) for text, numbers in rows]


def split(folder: Path) -> tuple[list[Comment], list[Comment]]:
    """The comments to train on, without any that equals a held or dev one, and the held ones."""
    comments = read_comments(folder / "en-comments-28-train.tsv.gz")
    random.Random(_SPLIT_SEED).shuffle(comments)
    held = comments[:HELD_COMMENTS]
    seen = {fingerprint(c.text) for c in held + read_comments(folder / "en-comments-28-dev.tsv.gz")}
    return [c for c in comments[HELD_COMMENTS:] if fingerprint(c.text) not in seen], held


def with_names(text: str, chance: random.Random) -> str:
    """Put a name where the file has "[NAME]", which nobody says."""
    while "[NAME]" in text:
        text = text.replace("[NAME]", chance.choice(factual.NAMES), 1)
    return text.replace("[RELIGION]", "religious")


def with_comments(corpus: Corpus, folder: Path) -> Corpus:
    """Add the training comments of `folder` to the phrases, as sentences of their own targets."""
    chance = random.Random(_SPLIT_SEED)
    made = [_phrase(comment, chance) for comment in split(folder)[0]]
    return dataclasses.replace(corpus, phrases=corpus.phrases + made)


def _phrase(comment: Comment, chance: random.Random) -> Phrase:
    target = comment.target
    return Phrase(
        with_names(comment.text, chance), 2 + 2 * (target[2] - target[0]), True, target=target, is_comment=True
    )
