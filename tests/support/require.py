"""What a test needs and this machine may lack: skipped on a laptop with a line saying so, failed under CI."""

from __future__ import annotations

import importlib.util
import os
import shutil

import pytest


def missing(what: str, hint: str) -> None:
    """Skip, or under CI=true fail, because `what` is not here; `hint` says how to mend it."""
    message = f"{what} is missing: {hint}"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(message)
    pytest.skip(message)


def binary(name: str, hint: str) -> str:
    """Path of a program."""
    path = shutil.which(name)
    if path is None:
        missing(name, hint)
    return str(path)


def module(name: str, hint: str) -> None:
    """An importable module."""
    if importlib.util.find_spec(name) is None:
        missing(f"Python module {name}", hint)
