"""Programs that run beside a test: browsers, and what these need."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def started(command: list[str], env: Mapping[str, str], log: Path, **how: Any) -> Iterator[None]:
    """Run a program for as long as the body of `with`, with its output in `log`; `how` goes to Popen."""
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out, **how)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
