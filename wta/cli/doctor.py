"""`python -m wta doctor` says what is missing on this machine, and how to get it."""

from __future__ import annotations

import typer

from wta.doctor import State, run_checks
from wta.settings import load_settings_or_exit

_COLOURS = {State.OK: "green", State.OPTIONAL: "yellow", State.MISSING: "red"}


def doctor() -> None:
    """Look for what is missing on this machine. The exit status is 1 where the system cannot run."""
    states = []
    for finding in run_checks(load_settings_or_exit()):
        states.append(finding.state)
        typer.echo(f"{typer.style(f'{finding.state:8}', _COLOURS[finding.state])}  {finding.what}: {finding.detail}")
        if finding.mend:
            typer.echo(f"          → {finding.mend}")
    if State.MISSING in states:
        raise typer.Exit(1)
