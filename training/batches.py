"""Draws the texts of a pass over the data, and cuts them into batches of similar length, so that little is padding."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from transformers import PreTrainedTokenizerBase

from training import factual
from training.spoken import Mishearing, as_spoken
from training.sst import Corpus, Phrase, natural

MAX_TOKENS = 96
"""Longest text in tokens. The longest sentence of the treebank has 76."""
_ANCHORS = ((0.97, 0.03, 0.0), (0.82, 0.17, 0.01), (0.06, 0.88, 0.06), (0.01, 0.17, 0.82), (0.0, 0.03, 0.97))
"""Probabilities of negative, neutral, positive to be learnt for each of the treebank's labels 0 to 4."""


@dataclass(frozen=True)
class Pass:
    """One pass over the data. All shares are 0 to 1.

    min_words: phrases with fewer words are left out, apart from whole sentences.
    short_share: share of those shorter phrases that is used all the same.
    neutral_share: share of the neutral phrases that is used.
    unlabelled_share: share that is used of the sentences that have a teacher's judgement and no label.
    sentence_share: share that is used of the treebank's whole sentences.
    comment_share: share that is used of the comments.
    made_up: number of statements of fact from the grammars of training.factual; a third as many opinions join them.
    swap: share of the texts in which countries and groups are exchanged for others.
    named: share of the texts that say of a film, a person or the like that it is of a country or group.
    spoken: share of the texts that stand as a recogniser would write them. It does not count where texts come in pairs.
    adversarial: length by which word vectors are moved against each step, which is then done a second time; 0: it is
        done once.
    paired: each text comes as two views, as written and as spoken, each with countries and groups of its own. Their
        answers are pulled together, and the word embeddings are not trained.
    words_trained: whether the word embeddings are trained where texts do not come in pairs; without it a step costs a
        third less.
    """

    min_words: int
    short_share: float = 0.0
    neutral_share: float = 0.2
    unlabelled_share: float = 1.0
    sentence_share: float = 1.0
    comment_share: float = 1.0
    made_up: int = 1500
    swap: float = 0.5
    named: float = 0.0
    spoken: float = 0.35
    adversarial: float = 0.0
    paired: bool = False
    words_trained: bool = True


@dataclass(frozen=True)
class Batch:
    """The input of one step: input_ids and attention_mask int64 [rows, tokens], targets float32 [rows, 3].

    In a paired batch the second half of the rows are the second views of the first half.
    """

    input_ids: torch.Tensor
    attention_mask: torch.Tensor
    targets: torch.Tensor
    paired: bool

    def to(self, device: str) -> Batch:
        """The same batch on `device` (cpu or cuda)."""
        return Batch(self.input_ids.to(device), self.attention_mask.to(device), self.targets.to(device), self.paired)


def soft_target(label: float) -> tuple[float, ...]:
    """Turn a treebank label (0 to 4, or a mean between them) into probabilities of negative, neutral, positive."""
    low = min(int(label), 3)
    part = label - low
    return tuple(a * (1 - part) + b * part for a, b in zip(_ANCHORS[low], _ANCHORS[low + 1], strict=True))


def target_of(phrase: Phrase) -> tuple[float, ...]:
    """The answer to be learnt for `phrase`: probabilities of negative, neutral, positive."""
    return phrase.target or soft_target(phrase.label)


def draw(corpus: Corpus, way: Pass, chance: random.Random) -> list[Phrase]:
    """Draw the texts of one pass."""

    def wanted(phrase: Phrase) -> bool:
        if phrase.is_sentence:
            share = _share_of_sentences(phrase, way)
            return share == 1 or chance.random() < share
        share = 1.0 if abs(phrase.label - 2) > 0.5 else way.neutral_share
        return chance.random() < share * (1.0 if phrase.words >= way.min_words else way.short_share)

    made_up = factual.factual(way.made_up, chance) + factual.opinions(way.made_up // 3, chance)
    return [phrase for phrase in corpus.phrases if wanted(phrase)] + made_up


def _share_of_sentences(phrase: Phrase, way: Pass) -> float:
    if phrase.is_comment:
        return way.comment_share
    return way.unlabelled_share if phrase.is_unlabelled else way.sentence_share


def written(text: str, chance: random.Random, way: Pass) -> str:
    """Write `text` as the treebank or a person does, with the exchanges of countries and groups that `way` asks for."""
    if chance.random() < way.swap:
        text = factual.swap_terms(text, chance)
    if chance.random() < way.named:
        text = factual.add_term(text, chance)
    return text if chance.random() < 0.5 else natural(text)


def batches(
    corpus: Corpus,
    way: Pass,
    tokenizer: PreTrainedTokenizerBase,
    mishearing: Mishearing,
    seed: int,
    tokens_per_batch: int = 1024,
) -> Iterator[Batch]:
    """Yield every batch of one pass in random order. The same seed gives the same batches."""
    chance = random.Random(seed)
    phrases = draw(corpus, way, chance)
    plain = [written(phrase.text, chance, way) for phrase in phrases]

    def heard(row: int) -> str:
        """The text as a recogniser wrote it, for half of those that were transcribed; else as one might write it."""
        if phrases[row].heard and chance.random() < 0.5:
            return phrases[row].heard
        return as_spoken(written(phrases[row].text, chance, way), chance, mishearing)

    if way.paired:
        views = [plain, [heard(row) for row in range(len(plain))]]
    else:
        views = [[heard(row) if chance.random() < way.spoken else text for row, text in enumerate(plain)]]
    ids = [tokenizer(view, truncation=True, max_length=MAX_TOKENS)["input_ids"] for view in views]
    lengths = [max(len(view[row]) for view in ids) for row in range(len(phrases))]
    groups = _groups(lengths, tokens_per_batch // len(views), chance)
    for group in groups:
        rows = [view[row] for view in ids for row in group]
        targets = [target_of(phrases[row]) for row in group] * len(views)
        padded = tokenizer.pad({"input_ids": rows}, return_tensors="pt")
        yield Batch(padded["input_ids"], padded["attention_mask"], torch.tensor(targets), way.paired)


def _groups(lengths: list[int], tokens: int, chance: random.Random) -> list[list[int]]:
    order = sorted(range(len(lengths)), key=lambda row: lengths[row] + chance.random())
    groups: list[list[int]] = [[]]
    for row in order:
        if groups[-1] and (len(groups[-1]) + 1) * lengths[row] > tokens:
            groups.append([])
        groups[-1].append(row)
    chance.shuffle(groups)
    return groups
