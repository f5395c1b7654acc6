"""Reads the Stanford Sentiment Treebank: trees of phrases labelled from 0 (very negative) to 4 (very positive)."""

from __future__ import annotations

import dataclasses
import gzip
import json
import random
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

_TOKEN = re.compile(r"\((\d) |([^()\s]+)|\)")
_BRACKETS = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]"}
_JOINS = (
    (re.compile(r" (n't|'s|'re|'ve|'ll|'d|'m)\b", re.IGNORECASE), r"\1"),
    (re.compile(r" ([,.;:!?%)\]])"), r"\1"),
    (re.compile(r"([(\[$]) "), r"\1"),
    (re.compile(r"`` ?"), '"'),
    (re.compile(r" ?''"), '"'),
    (re.compile(r"\b(can|wan|gon|got) (not|na|ta)\b"), r"\1\2"),
)
HELD_SENTENCES = 600
"""How many training sentences are kept back, to choose between runs."""


@dataclass(frozen=True)
class Phrase:
    """A stretch of a review as the treebank writes it, with spaces between tokens.

    label: mean of the labels that people gave it, from 0 (very negative) to 4 (very positive); 2 is neutral.
    target: probabilities of negative, neutral, positive to be learnt; None: those that follow from `label`.
    is_unlabelled: whether a teacher, not people, gave the label.
    is_comment: whether it is one of the comments of training.comments.
    heard: what a recogniser wrote when the text was spoken; empty where it was not spoken.
    """

    text: str
    label: float
    is_sentence: bool
    target: tuple[float, ...] | None = None
    is_unlabelled: bool = False
    is_comment: bool = False
    heard: str = ""

    @property
    def words(self) -> int:
        return len(self.text.split())


@dataclass(frozen=True)
class Corpus:
    """The phrases to train on, the sentences to choose between runs (`held`), and those only reported on (`dev`)."""

    phrases: list[Phrase]
    held: list[Phrase]
    dev: list[Phrase]


def read_trees(path: Path) -> list[list[Phrase]]:
    """Read every tree of a gzipped file as a list of its phrases, of which the first is the whole sentence."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [_phrases(line) for line in lines if line.strip()]


def _phrases(line: str) -> list[Phrase]:
    words: list[str] = []
    open_nodes: list[tuple[int, int]] = []
    spans: list[tuple[int, int, int]] = []
    for match in _TOKEN.finditer(line):
        if match[1]:
            open_nodes.append((len(words), int(match[1])))
        elif match[2]:
            words.append(_BRACKETS.get(match[2], match[2].replace("\\/", "/")))
        else:
            start, label = open_nodes.pop()
            spans.append((start, len(words), label))
    spans.sort(key=lambda span: (span[0] - span[1], span[0]))
    whole = len(words)
    return [Phrase(" ".join(words[a:b]), float(label), b - a == whole) for a, b, label in spans]


def natural(text: str) -> str:
    """Write treebank tokens as people do: `do n't` becomes `don't`, and a comma follows its word without a space."""
    for pattern, replacement in _JOINS:
        text = pattern.sub(replacement, text)
    return text


def fingerprint(text: str) -> str:
    """A string that is equal for texts that differ only in case, spaces and punctuation."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def load_corpus(folder: Path, seed: int = 0) -> Corpus:
    """Read the treebank and split it. The training phrases hold no text of a held or dev sentence."""
    trees = read_trees(folder / "train.txt.gz")
    random.Random(seed).shuffle(trees)
    dev = [tree[0] for tree in read_trees(folder / "dev.txt.gz")]
    seen = {fingerprint(sentence.text) for sentence in dev}
    held = [tree[0] for tree in trees[:HELD_SENTENCES] if fingerprint(tree[0].text) not in seen]
    seen |= {fingerprint(sentence.text) for sentence in held}
    return Corpus(_unique(trees[HELD_SENTENCES:], seen), held, dev)


def _unique(trees: list[list[Phrase]], excluded: set[str]) -> list[Phrase]:
    labels: dict[str, list[Phrase]] = defaultdict(list)
    for phrase in (phrase for tree in trees for phrase in tree):
        labels[fingerprint(phrase.text)].append(phrase)
    return [
        Phrase(same[0].text, sum(p.label for p in same) / len(same), any(p.is_sentence for p in same))
        for key, same in labels.items()
        if key and key not in excluded
    ]


def with_heard(corpus: Corpus, transcripts: Path) -> Corpus:
    """Add what a recogniser wrote of the phrases. The file `transcripts` has lines of [text, transcript]."""
    heard = dict(json.loads(line) for line in transcripts.read_text(encoding="utf-8").splitlines())
    phrases = [dataclasses.replace(phrase, heard=heard.get(phrase.text, "")) for phrase in corpus.phrases]
    return dataclasses.replace(corpus, phrases=phrases)


def overlap(sentences: list[Phrase], others: list[Phrase], words: int = 8) -> float:
    """Share of `sentences`, 0 to 1, that have a run of `words` words in common with `others`. It shows leaks."""
    grams = {gram for other in others for gram in _grams(other.text, words)}
    return sum(any(gram in grams for gram in _grams(s.text, words)) for s in sentences) / len(sentences)


def _grams(text: str, words: int) -> set[tuple[str, ...]]:
    tokens = text.lower().split()
    return {tuple(tokens[i : i + words]) for i in range(len(tokens) - words + 1)}
