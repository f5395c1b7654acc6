"""What one check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How bad it is."""

    OK = "ok"
    OPTIONAL = "optional"
    """Missing, and only some tests or `--mic` need it."""
    MISSING = "MISSING"
    """The system cannot run without it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    what: str
    state: State
    detail: str
    mend: str = ""
    """What to type, where something is missing."""


def found(what: str, detail: str) -> Finding:
    return Finding(what, State.OK, detail)


def missing(what: str, detail: str, mend: str) -> Finding:
    return Finding(what, State.MISSING, detail, mend)


def optional(what: str, detail: str, mend: str) -> Finding:
    return Finding(what, State.OPTIONAL, detail, mend)
