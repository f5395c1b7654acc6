"""`python -m wta settings`: every setting with its value, or the page docs/configuration.md."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Annotated

import typer
from pydantic.fields import FieldInfo

from wta.settings import PROJECT_ROOT, Settings, load_settings_or_exit

_INTRODUCTION = """# Configuration

Set these variables in the environment or in a file `.env`. A service that finds wrong values names all of them and does
not start. `make docs` writes this page from `wta/settings.py`.
"""
_COLUMNS = "| variable | default | meaning |\n|---|---|---|\n"


def settings(markdown: Annotated[bool, typer.Option(help="Write docs/configuration.md to stdout.")] = False) -> None:
    """Show the settings."""
    if markdown:
        typer.echo(configuration_page(), nl=False)
        return
    current = load_settings_or_exit()
    for name, field in Settings.model_fields.items():
        typer.echo(f"{_variable(name, field)}={getattr(current, name)}")


def configuration_page() -> str:
    """The text of docs/configuration.md: a table for each heading."""
    return _INTRODUCTION + "".join(_table(heading, fields) for heading, fields in sections().items())


def sections() -> dict[str, list[str]]:
    """Heading → names of its fields, as the comments in the source of `Settings` group them."""
    found: dict[str, list[str]] = {}
    fields: list[str] = []
    for line in inspect.getsource(Settings).splitlines():
        if heading := re.fullmatch(r" {4}# (.+)", line):
            fields = found.setdefault(heading[1], [])
        elif field := re.match(r" {4}(\w+): ", line):
            fields.append(field[1])
    return found


def _table(heading: str, names: list[str]) -> str:
    return f"\n## {heading}\n\n{_COLUMNS}" + "".join(_row(name, Settings.model_fields[name]) for name in names)


def _row(name: str, field: FieldInfo) -> str:
    return f"| `{_variable(name, field)}` | {_default(field)} | {field.description} |\n"


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
