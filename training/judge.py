"""Lets a trained teacher judge the training texts: `python -m training.judge TEACHER OUT.jsonl`.

It judges the treebank's phrases, and sentences made of the treebank's by exchanging phrases, which nobody has labelled.
The method is distillation (arXiv 1503.02531); more unlabelled text helps (arXiv 1910.01108). A run that was stopped
goes on where it was.
"""

from __future__ import annotations

import dataclasses
import json
import random
from collections import defaultdict
from pathlib import Path
from typing import Annotated

import torch
import typer

from training.batches import target_of
from training.encoder import trained
from training.evaluate import logits_of, softmax
from training.sst import Corpus, Phrase, fingerprint, load_corpus

TEXTS_PER_SAVE = 2048
TEXTS_PER_BATCH = {"cpu": 32, "cuda": 256}
TRIES = 60
"""How often a stretch of words is drawn from a sentence to find a phrase. About one stretch in eleven is a phrase."""


def recombined(phrases: list[Phrase], count: int, chance: random.Random, exchanges: int = 3) -> list[str]:
    """Make `count` sentences from the treebank's by exchanging phrases.

    In each sentence up to `exchanges` phrases are replaced by others of similar length that begin with the same word.
    """
    alike: dict[tuple[str, int], list[str]] = defaultdict(list)
    for phrase in phrases:
        if 2 <= phrase.words <= 12:
            alike[_kind(phrase.text)].append(phrase.text)
    known = {text for texts in alike.values() for text in texts}
    sentences = [phrase.text for phrase in phrases if phrase.is_sentence]
    made: list[str] = []
    while len(made) < count:
        text = chance.choice(sentences)
        for _ in range(chance.randint(1, exchanges)):
            text = _exchange(text, known, alike, chance)
        made.append(text)
    return made


def _kind(text: str) -> tuple[str, int]:
    words = text.lower().split()
    return words[0], len(words) // 3


def _exchange(text: str, known: set[str], alike: dict[tuple[str, int], list[str]], chance: random.Random) -> str:
    words = text.split()
    for _ in range(TRIES):
        start = chance.randrange(len(words))
        end = start + chance.randint(2, 12)
        own = " ".join(words[start:end])
        if end <= len(words) and own in known:
            return " ".join([*words[:start], chance.choice(alike[_kind(own)]), *words[end:]])
    return text


def with_judgements(corpus: Corpus, judged: list[Path], weight: float) -> Corpus:
    """Mix each phrase's target with the mean of its judgements, and add the sentences that have judgements only.

    Args:
        judged: files that `judge` wrote.
        weight: share of the judgements in the mixture, 0 to 1; the rest is the phrase's own target.
    """
    judgements = _mean_judgements(judged)
    phrases = [_mixed(phrase, judgements.pop(phrase.text, None), weight) for phrase in corpus.phrases]
    made = [Phrase(text, 2 + 2 * (p[2] - p[0]), True, p, is_unlabelled=True) for text, p in judgements.items()]
    return dataclasses.replace(corpus, phrases=phrases + made)


def _mean_judgements(files: list[Path]) -> dict[str, tuple[float, ...]]:
    judgements: dict[str, list[list[float]]] = defaultdict(list)
    for file in files:
        with file.open(encoding="utf-8") as lines:
            for text, probabilities in map(json.loads, lines):
                judgements[text].append(probabilities)
    return {text: tuple(sum(p) / len(every) for p in zip(*every, strict=True)) for text, every in judgements.items()}


def _mixed(phrase: Phrase, judgement: tuple[float, ...] | None, weight: float) -> Phrase:
    if judgement is None:
        return phrase
    mixed = tuple(weight * j + (1 - weight) * t for j, t in zip(judgement, target_of(phrase), strict=True))
    return dataclasses.replace(phrase, target=mixed)


def to_judge(corpus: Corpus, min_words: int, made: int, seed: int = 0) -> list[str]:
    """The texts for a teacher to judge, each once, the longest first, without the held and dev sentences.

    Args:
        min_words: shorter phrases are left out.
        made: how many sentences are made by exchanging phrases.
    """
    own = [phrase.text for phrase in corpus.phrases if phrase.is_sentence or phrase.words >= min_words]
    new = recombined(corpus.phrases, made, random.Random(seed))
    kept_back = {fingerprint(sentence.text) for sentence in corpus.held + corpus.dev}
    texts = dict.fromkeys(text for text in own + new if fingerprint(text) not in kept_back)
    return sorted(texts, key=lambda text: (-len(text), text))


def judge(teacher: Path, texts: list[str], target: Path, bf16: bool, device: str = "cpu") -> None:
    """Judge `texts`, and append a line for each to `target`: [text, [P(negative), P(neutral), P(positive)]].

    Args:
        teacher: folder of its weights.
        bf16: whether products are computed in 16 bits.
    """
    model, tokenizer = trained(teacher)
    model.to(device)  # type: ignore[arg-type]  # transformers wraps torch's method and loses its type
    with target.open("a", encoding="utf-8") as out:
        for start in range(0, len(texts), TEXTS_PER_SAVE):
            some = texts[start : start + TEXTS_PER_SAVE]
            with torch.autocast(device, torch.bfloat16, enabled=bf16):
                probabilities = softmax(logits_of(model, tokenizer, some, TEXTS_PER_BATCH[device]))
            lines = (json.dumps([text, row.round(5).tolist()]) for text, row in zip(some, probabilities, strict=True))
            out.write("\n".join(lines) + "\n")
            out.flush()


def main(
    teacher: Annotated[Path, typer.Argument(help="Folder of a pass that plan teacher has trained.")],
    target: Annotated[Path, typer.Argument(help="File of judgements. It is continued where it exists.")],
    data: Path = Path("../shared/data/sst"),
    min_words: int = 3,
    made: Annotated[int, typer.Option(help="How many sentences are made by exchanging phrases.")] = 24_000,
    threads: int = 2,
    bf16: bool = False,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
) -> None:
    torch.set_num_threads(threads)
    texts = to_judge(load_corpus(data), min_words, made)
    done = len(target.read_text(encoding="utf-8").splitlines()) if target.exists() else 0
    typer.echo(f"{len(texts)} texts, {done} of them judged")
    judge(teacher, texts[done:], target, bf16, device)


if __name__ == "__main__":
    typer.run(main)
