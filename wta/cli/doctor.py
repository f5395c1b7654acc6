"""`python -m wta doctor` says what is missing on this machine, and how to get it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from wta.doctor import Finding, State, run_checks
from wta.settings import load_settings_or_exit

_URL = "Address of the page behind a proxy: look at this alone, by asking as the page does."
_COLOURS = {State.OK: "green", State.OPTIONAL: "yellow", State.MISSING: "red"}


def doctor(url: Annotated[str, typer.Option(help=_URL)] = "") -> None:
    """Look for what is missing on this machine. The exit status is 1 where the system cannot run."""
    states = []
    for finding in _findings(url):
        states.append(finding.state)
        typer.echo(f"{typer.style(f'{finding.state:8}', _COLOURS[finding.state])}  {finding.what}: {finding.detail}")
        if finding.mend:
            typer.echo(f"          → {finding.mend}")
    if State.MISSING in states:
        raise typer.Exit(1)


def _findings(url: str) -> Iterator[Finding]:
    if not url:
        return run_checks(load_settings_or_exit())
    from wta.doctor.page_address import check_address  # noqa: PLC0415 - packages may be missing, which run_checks says

    return check_address(url)
