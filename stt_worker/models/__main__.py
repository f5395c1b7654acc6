"""Command line: `python -m stt_worker.models list|fetch|verify [NAME]`."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from stt_worker.models import checkpoints, from_openai
from stt_worker.settings import SttSettings
from wta.errors import ModelError

cli = typer.Typer(add_completion=False, help="Speech models: list, fetch, verify.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(envvar="WHISPER_MODEL", help="A model's name, or a checkpoint's path.")]
ModelsDir = Annotated[Path, typer.Option(envvar="WTA_MODELS_DIR", help="Folder in which models are kept.")]


@cli.command("list")
def list_models(models_dir: ModelsDir = Path("models")) -> None:
    """List the models by name: * marks the default, and a model that is on this machine has its path beside it."""
    for name in from_openai.URLS:
        found = checkpoints.find_cached(name, models_dir)
        mark = "*" if name == checkpoints.default_model() else " "
        typer.echo(f"{mark} {name:15}" + (f" {found.path} ({found.source})" if found else ""))


@cli.command()
def fetch(name: Name = "", models_dir: ModelsDir = Path("models")) -> None:
    """Fetch a model, unless it is on this machine already."""
    file = checkpoints.resolve(SttSettings(model=name or None, models_dir=models_dir))
    typer.echo(f"{file.name}: {file.path} ({file.source})")


@cli.command()
def verify(name: Name = "", models_dir: ModelsDir = Path("models")) -> None:
    """Check the weights on this machine against their published hash, without fetching any."""
    asked = name or checkpoints.default_model()
    checkpoints.refuse_unknown(asked)
    found = checkpoints.find_cached(asked, models_dir)
    if found is None:
        raise ModelError(f"{asked} is not on this machine")
    typer.echo(f"{found.name}: {found.path} ({found.source}): weights as published")


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        cli()
    except ModelError as error:
        sys.exit(str(error))
