"""Turns written text into what a recogniser would write: without case, with few marks, fillers and misheard words."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from training.sst import natural

FILLERS = ("um", "uh", "well", "you know", "i mean", "like", "so", "okay so", "and uh", "i think")
_NOT_SPOKEN = re.compile(r"[^\w\s']")


class Mishearing:
    """Words that sound nearly alike: their phonemes, as espeak-ng tells them, are equal or differ in one."""

    def __init__(self, alike: dict[str, list[str]]) -> None:
        self._alike = alike

    @classmethod
    def kept(cls, file: Path, texts: Iterable[str]) -> Mishearing:
        """Read `file`. Where it does not exist, learn from `texts`, and write there what was learnt."""
        if file.exists():
            return cls(json.loads(file.read_text(encoding="utf-8")))
        learnt = cls.from_texts(texts)
        if learnt._alike:
            file.write_text(json.dumps(learnt._alike), encoding="utf-8")
        return learnt

    @classmethod
    def from_texts(cls, texts: Iterable[str], min_count: int = 3) -> Mishearing:
        """Learn from the words that come `min_count` times in `texts`. Without espeak-ng no word is ever misheard."""
        counts = Counter(word for text in texts for word in re.findall(r"[a-z']+", text.lower()))
        words = sorted(word for word, count in counts.items() if count >= min_count and len(word) > 2)
        espeak = shutil.which("espeak-ng")
        if not espeak:
            return cls({})
        command = [espeak, "-q", "-x", "-v", "en-us"]
        said = subprocess.run(command, input="\n".join(words), capture_output=True, text=True, check=True)
        sounds = [re.sub(r"[',_:|\s]", "", line) for line in said.stdout.splitlines()]
        if len(sounds) != len(words):
            return cls({})
        return cls(_neighbours(words, sounds))

    def of(self, word: str, chance: random.Random) -> str:
        """A word that sounds like `word`, drawn at random; `word` itself where none does."""
        alike = self._alike.get(word)
        return chance.choice(alike) if alike else word


def _neighbours(words: list[str], sounds: list[str]) -> dict[str, list[str]]:
    by_pattern: dict[str, list[str]] = defaultdict(list)
    patterns: dict[str, list[str]] = {}
    for word, sound in zip(words, sounds, strict=True):
        gaps = [f"{sound[:i]}.{sound[i + 1 :]}" for i in range(len(sound))] if len(sound) > 3 else []
        patterns[word] = [sound, *gaps]
        for pattern in patterns[word]:
            by_pattern[pattern].append(word)
    return {
        word: sorted({other for p in own for other in by_pattern[p] if other != word and len(by_pattern[p]) < 12})
        for word, own in patterns.items()
        if any(len(by_pattern[p]) > 1 for p in own)
    }


def as_spoken(text: str, chance: random.Random, mishearing: Mishearing, error_rate: float = 0.06) -> str:
    """Write `text` as some recogniser would. Each call draws anew what is changed, and how much of it.

    Args:
        error_rate: share of the words that are misheard or left out, 0 to 1, in texts that have such errors.
    """
    words = natural(text).split()
    lower = chance.random() < 0.7
    bare = chance.random() < 0.7
    if bare:
        words = _NOT_SPOKEN.sub(" ", " ".join(words)).split()
    if lower:
        words = [word.lower() for word in words]
    if chance.random() < 0.7:
        words = [_misheard(word, chance, mishearing, error_rate) for word in words]
    if chance.random() < 0.3:
        words = _disfluent(words, chance)
    return " ".join(word for word in words if word) or text


def _misheard(word: str, chance: random.Random, mishearing: Mishearing, rate: float) -> str:
    draw = chance.random() / rate
    if draw >= 1:
        return word
    if draw < 0.12 and len(word) < 5:
        return ""
    return mishearing.of(word.lower(), chance)


def _disfluent(words: list[str], chance: random.Random) -> list[str]:
    at = chance.randrange(len(words) + 1)
    if words and chance.random() < 0.4:
        at = min(at, len(words) - 1)
        return [*words[: at + 1], *words[at:]]
    return [*words[:at], chance.choice(FILLERS), *words[at:]]
