"""Command line: `python -m analyzer_worker.models list|fetch|verify|calibrate [MODEL]`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from analyzer_worker.model_folder import ModelFolder
from analyzer_worker.models import checkpoints, from_hub
from analyzer_worker.models.labelled_texts import read_labelled_texts
from analyzer_worker.settings import EMBEDDED_NAME, SentimentSettings
from wta.errors import ModelError

cli = typer.Typer(add_completion=False, help="Sentiment models: list, fetch, verify, calibrate.", no_args_is_help=True)
_Model = Annotated[str, typer.Argument(envvar="SENTIMENT_MODEL", help="`embedded`, a folder or a hub id.")]
_Named = Annotated[str, typer.Argument(help="A folder or a hub id.")]


@cli.command("list")
def list_models(model: _Model = EMBEDDED_NAME) -> None:
    """List the model that comes with the project, and where another one is on this machine."""
    typer.echo(f"{checkpoints.embedded().name}: {checkpoints.EMBEDDED}")
    if model != EMBEDDED_NAME:
        cached = from_hub.find_cached(model)
        typer.echo(f"{model}: {cached.path if cached else 'not in the cache'}")


@cli.command("fetch")
def fetch_model(model: _Model = EMBEDDED_NAME, timeout_s: float = 5.0) -> None:
    """Download a model from the hub, unless it is on this machine already."""
    with _told():
        found = checkpoints.resolve(SentimentSettings(model=model, hub_timeout_s=timeout_s))
        typer.echo(f"{found.name}: {found.path}")


@cli.command("verify")
def verify_models(model: _Model = EMBEDDED_NAME) -> None:
    """Check the weights on this machine by their hashes."""
    with _told():
        _verify(checkpoints.embedded())
        if model == EMBEDDED_NAME or Path(model).is_dir():  # nobody knows the hashes of a folder
            return
        if (cached := from_hub.find_cached(model)) is None:
            raise ModelError(f"{model} is not on this machine.")
        _verify(cached)


@cli.command("calibrate")
def calibrate(model: _Named, data: Annotated[Path, typer.Option(help="Lines of label<TAB>text.")]) -> None:
    """Fit what a model's probabilities mean, and where NEUTRAL begins, to labelled texts; kept beside its weights."""
    # These import torch, which takes seconds, and the other commands need none.
    from analyzer_worker.calibration import fit  # noqa: PLC0415
    from analyzer_worker.models.load import load_classifier  # noqa: PLC0415

    with _told():
        if model == EMBEDDED_NAME:
            raise ModelError("The embedded model was calibrated when it was made. Name another one.")
        folder = checkpoints.resolve(SentimentSettings(model=model))
        texts, labels = read_labelled_texts(data)
        classifier = load_classifier(SentimentSettings(model=model))
        fitted = fit(classifier.logits(texts), labels, classifier.calibration.neutral_bias)
        try:
            fitted.save(folder.path)
        except OSError as error:
            raise ModelError(f"{folder.path} cannot be written: {error.strerror}.") from error
        typer.echo(
            f"{folder.name}: temperature {fitted.temperature:.3f} and neutral {fitted.neutral_bias:+.3f} "
            f"from {len(texts)} texts, kept in {folder.path}"
        )


def _verify(folder: ModelFolder) -> None:
    typer.echo(f"{folder.name}: {checkpoints.verify(folder)[:12]} right")


@contextmanager
def _told() -> Iterator[None]:
    """Say what is wrong with a model in its own words, and end with status 1."""
    try:
        yield
    except ModelError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


if __name__ == "__main__":
    cli()
