"""Runs a module with what Windows lacks taken away: `python no_posix.py MODULE ARGUMENTS…`.

Python itself stays the one of Linux, so this shows that the project's own path asks for none of it, not that every
library works there.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[2]

_OS = (
    "fork", "forkpty", "setsid", "getsid", "setpgid", "getpgid", "getpgrp", "killpg", "nice", "getuid", "geteuid",
    "getgid", "getegid", "setuid", "setgid", "chown", "fchown", "fchmod", "mkfifo", "sched_getaffinity",
    "sched_setaffinity", "getloadavg", "posix_spawn", "wait3", "wait4", "O_DIRECTORY", "O_CLOEXEC", "sync", "uname",
)  # fmt: skip
_SIGNALS = (
    "SIGKILL", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGSTOP", "SIGCONT", "SIGCHLD", "SIGPIPE",
    "alarm", "setitimer", "pthread_kill", "sigwait", "pause",
)  # fmt: skip
_MODULES = ("uvloop", "supervisor", "termios", "pty", "syslog")


def take_away() -> None:
    """Take what Windows lacks from the project's own files. Libraries keep it: for them it is still Linux."""
    for module, names in ((os, _OS), (signal, _SIGNALS)):
        there = {name: module.__dict__.pop(name) for name in names if hasattr(module, name)}
        module.__dict__["__getattr__"] = _for_libraries(module.__name__, there)
    for name in _MODULES:
        sys.modules[name] = None  # type: ignore[assignment] - importing it fails
    multiprocessing.set_start_method("spawn")


def _for_libraries(module: str, there: dict[str, Any]) -> Callable[[str], Any]:
    def get(name: str) -> Any:
        asker = sys._getframe(1).f_code.co_filename
        if name in there and (".venv" in asker or not asker.startswith(str(_ROOT))):
            return there[name]
        raise AttributeError(f"module {module!r} has no attribute {name!r}, as on Windows")

    return get


if __name__ == "__main__":
    _, module_name, *arguments = sys.argv
    sys.argv = [module_name, *arguments]
    sys.path.insert(0, str(Path.cwd()))
    take_away()
    runpy.run_module(module_name, run_name="__main__", alter_sys=True)
