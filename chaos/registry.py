"""The faults of docs/faults.md, by number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chaos.lab import Lab

_GROUPS = ("workers", "redis", "network", "listener", "browser", "gateway", "queue", "bounds", "abuse")

Run = Callable[["Lab"], str]
"""Makes the fault and returns its figure. Raises AssertionError where the system did not do what it must; what became
of each utterance is judged afterwards.
"""


@dataclass(frozen=True)
class Fault:
    """One row of docs/faults.md."""

    number: int
    title: str
    run: Run
    quick: bool
    """Whether it is made in every `make test`."""
    limit_s: float
    shared: bool
    """Whether it is made on the one system of all faults; else it starts its own."""
    network: bool
    """Whether it is made in a network namespace, where one can be had."""


def fault(
    number: int, title: str, *, quick: bool = False, limit_s: float = 180, shared: bool = True, network: bool = False
) -> Callable[[Run], Fault]:
    """Turn a function into a fault. Decorator."""
    return lambda run: Fault(number, title, run, quick, limit_s, shared, network)


def all_faults() -> dict[int, Fault]:
    """Return every fault by its number, in ascending order."""
    modules = [import_module(f"chaos.faults.{group}") for group in _GROUPS]
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Fault)]
    return {f.number: f for f in sorted(found, key=lambda f: f.number)}
