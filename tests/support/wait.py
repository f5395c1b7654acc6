"""Waiting for something to become true, instead of sleeping and hoping."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(predicate: Callable[[], T], timeout_s: float, message: str) -> T:
    """Poll until `predicate` returns something true; return it.

    Raises AssertionError with `message` and the last error or value when `timeout_s` is over.
    """
    deadline, last = time.monotonic() + timeout_s, "never called"
    while time.monotonic() < deadline:
        try:
            value = predicate()
            if value:
                return value
            last = f"last value {value!r}"
        except Exception as error:
            last = f"last error {error!r}"
        time.sleep(0.05)
    raise AssertionError(f"{message} ({timeout_s:.0f} s, {last})")
