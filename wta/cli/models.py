"""`python -m wta models` lists, fetches and verifies the weights of both workers."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from wta.doctor.model_commands import MODEL_MODULES, run_model_command
from wta.settings import load_settings_or_exit


class Action(StrEnum):
    """What to do with the models."""

    LIST = "list"
    FETCH = "fetch"
    VERIFY = "verify"


def models(action: Annotated[Action, typer.Argument(help="What to do with them.")]) -> None:
    """List, fetch or verify the models of speech and sentiment."""
    settings = load_settings_or_exit()
    statuses = [run_model_command(module, action, settings).returncode for module in MODEL_MODULES]
    if any(statuses):
        raise typer.Exit(1)
