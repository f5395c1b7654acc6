"""Fine-tunes the encoder: `python -m training.train`. Runs are seeded. A stopped run goes on from its last save."""

from __future__ import annotations

import signal
from functools import partial
from pathlib import Path
from typing import Annotated

import torch
import typer

from training.batches import Pass
from training.comments import with_comments
from training.encoder import encoder, fetch_encoder, trained
from training.judge import with_judgements
from training.sst import load_corpus, overlap, with_heard
from training.teacher import fetch_teacher, teacher
from training.trainer import Recipe, Trainer

PLANS: dict[str, tuple[Pass, ...]] = {
    "full": (
        Pass(min_words=3, short_share=0.3, neutral_share=0.25),
        Pass(min_words=4, short_share=0.2),
        Pass(min_words=20, paired=True),
    ),
    # Starts from the weights of a full run (`--start`), with another seed each time; `training.soup` averages the runs.
    "again": (
        Pass(min_words=3, short_share=0.2, spoken=0.15, swap=0.3),
        Pass(min_words=16, paired=True, adversarial=1.0),
    ),
    # Trains the larger network, at a lower rate. `student` learns its judgements of the texts (`training.judge`).
    "teacher": (
        Pass(min_words=3, short_share=0.3, spoken=0.2, swap=0.3),
        Pass(min_words=6, short_share=0.05, spoken=0.2, swap=0.3),
        Pass(min_words=20, spoken=0.2, swap=0.3),
    ),
    "student": (
        Pass(min_words=3, short_share=0.3, neutral_share=0.5, unlabelled_share=0.5),
        Pass(min_words=3, short_share=0.3, neutral_share=0.5, unlabelled_share=0.5),
        Pass(min_words=6, short_share=0.1, neutral_share=0.5, unlabelled_share=0.5),
        Pass(min_words=12, unlabelled_share=0.15, paired=True),
    ),
    # Starts from the weights of a student, with many statements of fact, and every term exchanged.
    "fair": (
        Pass(min_words=6, neutral_share=0.5, unlabelled_share=0.15, made_up=6000, swap=1.0),
        Pass(min_words=12, unlabelled_share=0.05, made_up=3000, swap=1.0, paired=True),
    ),
    # Starts from those weights and learns its own judgements: it must judge both views, with different terms, alike.
    "even": (Pass(min_words=12, made_up=9000, swap=1.0, named=0.7, paired=True),),
    # Starts from the checkpoint that judged film reviews, and learns what people say (`--comments`). Each seed draws
    # other comments, so that short runs follow one another where there is little time.
    "said": (
        Pass(100, unlabelled_share=0.6, comment_share=0.4, made_up=600, swap=1.0, named=0.4, words_trained=False),
        Pass(100, sentence_share=0.2, comment_share=0.06, unlabelled_share=0.1, swap=1.0, named=0.7, paired=True),
    ),
    # Does the same few steps without and with the exchanges whose effect the bias probe shows (docs/sentiment.md).
    "bias-before": (Pass(min_words=100, made_up=0, swap=0.0),),
    "bias-after": (Pass(min_words=100, named=0.7),),
}


def main(
    data: Annotated[Path, typer.Option(help="Folder of the treebank's train.txt.gz and dev.txt.gz.")] = Path(
        "../shared/data/sst"
    ),
    run: Annotated[Path, typer.Option(help="Folder of this run, which goes on where it was stopped.")] = Path(
        "models/training/run1"
    ),
    plan: str = "full",
    seed: int = 1,
    rate: float = 1.2e-4,
    threads: int = 2,
    tokens: Annotated[int, typer.Option(help="Tokens in a batch.")] = 1024,
    start: Annotated[Path | None, typer.Option(help="Weights to begin with. Without them: the bare encoder.")] = None,
    bf16: Annotated[bool, typer.Option(help="16-bit products: half the time on processors that can.")] = False,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    steps_per_save: int = 200,
    warmup: Annotated[int, typer.Option(help="Steps after which the rate is at its highest.")] = 150,
    heard: Annotated[Path | None, typer.Option(help="Transcripts of spoken sentences, from training.heard.")] = None,
    judged: Annotated[list[Path] | None, typer.Option(help="Teachers' judgements, from training.judge.")] = None,
    comments: Annotated[Path | None, typer.Option(help="Folder of the comments with emotions.")] = None,
    weight: Annotated[float, typer.Option(help="Share of the judgements; the rest is the label.")] = 0.6,
) -> None:
    torch.set_num_threads(threads)
    run.mkdir(parents=True, exist_ok=True)
    corpus = load_corpus(data)
    for name, others in (("held", corpus.held), ("dev", corpus.dev)):
        typer.echo(f"{name}: {overlap(others, corpus.phrases):.1%} share a run of 8 words with the training phrases")
    if heard:
        corpus = with_heard(corpus, heard)
    if judged:
        corpus = with_judgements(corpus, judged, weight)
    if comments:
        corpus = with_comments(corpus, comments)
    if start:
        network = partial(trained, start)
    elif plan == "teacher":
        network = partial(teacher, fetch_teacher(run.parent / "mpnet"))
    else:
        network = partial(encoder, fetch_encoder(run.parent / "encoder"))
    recipe = Recipe(seed, rate, tokens, bf16, device, steps_per_save, warmup)
    trainer = Trainer(run, PLANS[plan], corpus, network, recipe)
    signal.signal(signal.SIGTERM, trainer.stop)
    trainer.run()


if __name__ == "__main__":
    typer.run(main)
