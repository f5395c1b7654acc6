"""Command line: `python -m stt_worker.models list|fetch|verify|choose [NAME]`."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from stt_worker.models import checkpoints, from_openai
from stt_worker.models.choice import speeds
from stt_worker.models.choice.from_settings import choice, stt_settings
from stt_worker.settings import AUTO
from wta.errors import ModelError, WtaError
from wta.settings import Settings, load_settings

cli = typer.Typer(add_completion=False, help="Speech models: list, fetch, verify, choose.", no_args_is_help=True)
Name = Annotated[
    str, typer.Argument(envvar="WHISPER_MODEL", help="A model's name, a checkpoint's path, or `auto` (the default).")
]
ModelsDir = Annotated[Path, typer.Option(envvar="WTA_MODELS_DIR", help="Folder in which models are kept.")]
_FOLDER = Path("models")


@cli.command("list")
def list_models(models_dir: ModelsDir = _FOLDER) -> None:
    """List the models by name. One that is on this machine has its path beside it."""
    for name in from_openai.URLS:
        found = checkpoints.find_cached(name, models_dir)
        typer.echo(f"{name:15}" + (f" {found.path} ({found.source})" if found else ""))


@cli.command()
def fetch(name: Name = "", models_dir: ModelsDir = _FOLDER) -> None:
    """Fetch a model, unless it is on this machine already; for `auto` the best that is fast enough here."""
    settings = _settings(name, models_dir)
    model, why = _named(settings, fetch_it=True)
    file = checkpoints.resolve(stt_settings(settings).model_copy(update={"model": model}))
    typer.echo(f"{file.name}: {file.path} ({file.source}){why}")


@cli.command()
def verify(name: Name = "", models_dir: ModelsDir = _FOLDER) -> None:
    """Check the weights on this machine against their published hash, without fetching or measuring any."""
    settings = _settings(name, models_dir)
    if (
        settings.whisper_model == AUTO
        and settings.stt_engine == "whisper"
        and not speeds.are_known(stt_settings(settings))
    ):
        typer.echo("WHISPER_MODEL=auto: not measured yet for this machine and version, which the next start does")
        return
    model, why = _named(settings, fetch_it=False)
    checkpoints.refuse_unknown(model)
    found = checkpoints.find_cached(model, models_dir)
    if found is None:
        raise ModelError(f"{model} is not on this machine")
    typer.echo(f"{found.name}: {found.path} ({found.source}): weights as published{why}")


@cli.command()
def choose(models_dir: ModelsDir = _FOLDER) -> None:
    """Measure this machine anew, and fetch the model that `auto` then stands for."""
    (models_dir / speeds.FILE_NAME).unlink(missing_ok=True)
    fetch(AUTO, models_dir)


def _settings(name: str, models_dir: Path) -> Settings:
    return load_settings().model_copy(update={"whisper_model": name or AUTO, "models_dir": models_dir})


def _named(settings: Settings, *, fetch_it: bool) -> tuple[str, str]:
    """The model's name, and why it is that one."""
    if settings.whisper_model != AUTO:
        return settings.whisper_model, ""
    chosen = choice(settings, fetch=fetch_it)
    return chosen.model, f"; {chosen.reason}"


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        cli()
    except WtaError as error:
        sys.exit(str(error))
