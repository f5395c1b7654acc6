"""Real processes for tests: started here, ended here, by pid."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
_random = random.SystemRandom()
"""Tests may seed the other one, and then all would try the same ports."""
_given: set[int] = set()


def free_port() -> int:
    """A free TCP port of 127.0.0.1, below those that the system gives to outgoing connections, and given once.

    Otherwise one of these, or the next caller, can have it before the server that it is for: that one does not listen
    yet, and two web services of one system once had the same.
    """
    while (port := _random.randrange(15_000, 32_768)) in _given or not _is_free(port):
        pass
    _given.add(port)
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as s, suppress(OSError):
        s.bind(("127.0.0.1", port))
        return True
    return False


class Process:
    """One program with its output in a file, so that a failing test can show it."""

    def __init__(self, name: str, command: list[str], env: Mapping[str, str], log: Path) -> None:
        self.name, self.command, self.env, self.log = name, command, dict(env), log
        self.cwd = ROOT
        self._popen: subprocess.Popen[bytes] | None = None
        self._out: IO[bytes] | None = None

    def start(self) -> None:
        self._out = self.log.open("ab")
        self._popen = subprocess.Popen(
            self.command, cwd=self.cwd, env={**os.environ, **self.env}, stdin=subprocess.DEVNULL, stdout=self._out,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    @property
    def pid(self) -> int:
        assert self._popen is not None, f"{self.name} was never started"
        return self._popen.pid

    @property
    def running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    def signal(self, number: int) -> None:
        if self.running:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL, as an out-of-memory killer does."""
        self.signal(signal.SIGKILL)
        self.wait()

    def wait(self, timeout_s: float = 30) -> int:
        assert self._popen is not None
        return self._popen.wait(timeout_s)

    def stop(self, timeout_s: float = 30) -> int | None:
        """SIGTERM, then SIGKILL when that is not heard."""
        if self._popen is None:
            return None
        self.signal(signal.SIGTERM)
        try:
            self.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
        if self._out:
            self._out.close()
        return self._popen.returncode

    def tail(self, lines: int = 30) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def python(name: str, module_and_args: list[str], env: Mapping[str, str], log: Path) -> Process:
    """`python -m …` with the interpreter that runs the tests."""
    return Process(name, [sys.executable, "-m", *module_and_args], env, log)
