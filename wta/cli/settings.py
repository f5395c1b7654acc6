"""`python -m wta settings`: every setting with its value, or the table for the documentation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from pydantic.fields import FieldInfo

from wta.settings import PROJECT_ROOT, Settings, load_settings_or_exit

_HEAD = """# Configuration

Set these in the environment or in a file `.env`; wrong values are named at start. Made from `wta/settings.py` by
`make docs`.

| variable | default | meaning |
|---|---|---|
"""


def settings(markdown: Annotated[bool, typer.Option(help="The table of docs/configuration.md.")] = False) -> None:
    """Show the settings."""
    if markdown:
        typer.echo(markdown_table(), nl=False)
        return
    current = load_settings_or_exit()
    for name, field in Settings.model_fields.items():
        typer.echo(f"{_variable(name, field)}={getattr(current, name)}")


def markdown_table() -> str:
    """The text of docs/configuration.md."""
    rows = [
        f"| `{_variable(name, field)}` | {_default(field)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return _HEAD + "\n".join(rows) + "\n"


def _variable(name: str, field: FieldInfo) -> str:
    # The two names known without the prefix are the ones people know from elsewhere.
    return name.upper() if field.validation_alias else f"WTA_{name.upper()}"


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is None or value == "":
        return "(empty)"
    if isinstance(value, Path) and value.is_relative_to(PROJECT_ROOT):
        value = value.relative_to(PROJECT_ROOT)
    return f"`{value}`"
