"""Command line: `python -m analyzer_worker.models list|fetch|verify [MODEL]`."""

from __future__ import annotations

from typing import Annotated

import typer

from analyzer_worker.models import checkpoints, from_hub
from analyzer_worker.settings import DEFAULT_MODEL, SentimentSettings
from wta.errors import ModelError

cli = typer.Typer(add_completion=False, help="Sentiment models: list, fetch, verify.", no_args_is_help=True)
_Model = Annotated[str, typer.Argument(envvar="SENTIMENT_MODEL", help="A folder or a hub id.")]


@cli.command("list")
def list_models(model: _Model = DEFAULT_MODEL) -> None:
    """List where the model is on this machine, and the embedded checkpoint that serves without it."""
    cached = from_hub.find_cached(model)
    typer.echo(f"{model}: {cached.path if cached else 'not in the cache'}")
    typer.echo(f"{checkpoints.embedded().name}: {checkpoints.EMBEDDED}")


@cli.command("fetch")
def fetch_model(model: _Model = DEFAULT_MODEL, timeout_s: float = 5.0) -> None:
    """Download a model from the hub, unless it is on this machine already."""
    found = from_hub.find_cached(model)
    try:
        found = found or from_hub.fetch(SentimentSettings(model=model, hub_timeout_s=timeout_s))
    except ModelError as error:
        typer.echo(f"{error} The embedded checkpoint serves instead.", err=True)
        # It is an error only for those who named a model themselves.
        raise typer.Exit(model != DEFAULT_MODEL) from error
    typer.echo(f"{found.name}: {found.path}")


@cli.command("verify")
def verify_models(model: _Model = DEFAULT_MODEL) -> None:
    """Check the weights on this machine by their hashes."""
    for folder in filter(None, (from_hub.find_cached(model), checkpoints.embedded())):
        try:
            typer.echo(f"{folder.name}: {checkpoints.verify(folder)[:12]} right")
        except ModelError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from error


if __name__ == "__main__":
    cli()
