"""The finding of one check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Whether something is there, and how bad it is where it is not."""

    OK = "ok"
    OPTIONAL = "optional"
    """It is missing, but the system runs without it: only some tests or `--mic` need it, or strangers are let in."""
    MISSING = "MISSING"
    """It is missing, and the system cannot run without it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: one line of the report."""

    what: str
    state: State
    detail: str
    mend: str = ""
    """What to type to get what is missing; empty where nothing is."""


def found(what: str, detail: str) -> Finding:
    return Finding(what, State.OK, detail)


def missing(what: str, detail: str, mend: str) -> Finding:
    return Finding(what, State.MISSING, detail, mend)


def optional(what: str, detail: str, mend: str) -> Finding:
    return Finding(what, State.OPTIONAL, detail, mend)
