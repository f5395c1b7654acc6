"""Measures what recognition errors do to the sentiment: texts are spoken, transcribed and judged again."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import typer
from numpy.typing import NDArray

from analyzer_worker.classifier import SentimentClassifier
from analyzer_worker.decision import decide, least_probability
from analyzer_worker.models.labelled_texts import Labels
from training import heard as listening
from training.evaluate import binary
from training.sst import natural
from wta.errors import WtaError


def sample(texts: list[str], truth: Labels, count: int) -> tuple[list[str], Labels]:
    """Draw `count` texts with their labels by a seed, so that they are the same every time."""
    rows = sorted(random.Random(0).sample(range(len(texts)), min(count, len(texts))))
    return [texts[row] for row in rows], truth[rows]


def spoken_figures(classifier: SentimentClassifier, texts: list[str], truth: Labels, models_dir: Path) -> Any:
    """The figures of `flips` for each voice that is installed. A message names those that are missing."""
    figures = {}
    for name, voice in listening.VOICES.items():
        if not voice.is_installed:
            typer.echo(f"The voice {name} is left out: {voice.command[0]} is not installed.", err=True)
            continue
        try:
            hear = partial(
                listening.transcripts,
                voice=voice,
                cache=models_dir / "benchmarks" / f"transcripts-{name}.json",
                models_dir=models_dir,
            )
            figures[name] = flips(classifier, texts, truth, hear)
        except WtaError as error:
            typer.echo(f"The voice {name} is left out, so that it has no flip rate: {error}", err=True)
    return figures


def flips(
    classifier: SentimentClassifier, texts: list[str], truth: Labels, hear: Callable[[list[str]], list[listening.Heard]]
) -> Any:
    """How often the sentiment of what a recogniser heard differs from that of the text. Figures are shares, 0 to 1.

    flips: the label became its opposite.
    two_way_flips: of sentences that are not neutral, P(positive) against P(negative) changed sides, whatever the label.
    label_changes: the label changed, to and from NEUTRAL too.
    ..._by_text_alone: the figure if it were not known how sure the recogniser was.

    Args:
        hear: gives what the recogniser hears of spoken texts.
    """
    spoken = [natural(text) for text in texts]
    answers = hear(spoken)
    sentences, something = len(spoken), np.array([bool(answer.text) for answer in answers])
    spoken, heard, truth = _where(something, spoken), [a.text for a in answers if a.text], truth[something]
    least = np.array([least_probability(a.avg_logprob) for a in answers if a.text])
    before, after = classifier.probabilities(spoken), classifier.probabilities(heard)
    said, then, alone = decide(before), decide(after, least), decide(after)
    clear = truth != 1
    sides = (binary(before) > 0.5) != (binary(after) > 0.5)
    figures = {
        "flips": float((abs(said - then) == 2).mean()),
        "flips_by_text_alone": float((abs(said - alone) == 2).mean()),
        "two_way_flips": float(sides[clear].mean()),
        "label_changes": float((said != then).mean()),
        "neutral_on_text": float((said == 1).mean()),
        "neutral_on_transcripts": float((then == 1).mean()),
        "accuracy_three_on_transcripts": float((then == truth).mean()),
        "accuracy_three_by_text_alone": float((alone == truth).mean()),
        "word_error_rate": listening.word_error_rate(spoken, heard),
        **_flips_where_heard_well(said, then, spoken, heard),
        "accuracy_on_text": float(((binary(before) > 0.5) == (truth == 2))[clear].mean()),
        "accuracy_on_transcripts": float(((binary(after) > 0.5) == (truth == 2))[clear].mean()),
    }
    return {
        "sentences": sentences,
        "nothing_heard": sentences - len(heard),
        **{name: round(value, 4) for name, value in figures.items()},
    }


def _flips_where_heard_well(said: Labels, then: Labels, spoken: list[str], heard: list[str]) -> dict[str, float]:
    """The flips of sentences with at most one word in ten wrong: tiny.en understands people about so well."""
    rates = (listening.word_error_rate([one], [other]) for one, other in zip(spoken, heard, strict=True))
    well = np.array([rate <= 0.1 for rate in rates])
    flipped = (abs(said - then) == 2)[well]
    return {"heard_well": float(well.mean()), "flips_where_heard_well": float(flipped.mean()) if well.any() else 0.0}


def _where(wanted: NDArray[np.bool_], texts: list[str]) -> list[str]:
    return [text for text, keep in zip(texts, wanted, strict=True) if keep]
