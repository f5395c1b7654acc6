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
from pathlib import Path

_OS = (
    "fork", "forkpty", "setsid", "getsid", "setpgid", "getpgid", "getpgrp", "killpg", "nice", "setuid",
    "setgid", "chown", "fchown", "fchmod", "mkfifo", "sched_getaffinity",
    "sched_setaffinity", "getloadavg", "posix_spawn", "wait3", "wait4", "O_DIRECTORY", "O_CLOEXEC", "sync",
)  # fmt: skip
_SIGNALS = (
    "SIGKILL", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGSTOP", "SIGCONT", "SIGCHLD", "SIGPIPE",
    "alarm", "setitimer", "pthread_kill", "sigwait", "pause",
)  # fmt: skip
_MODULES = ("uvloop", "supervisor", "termios", "pty", "syslog")


def take_away() -> None:
    for module, names in ((os, _OS), (signal, _SIGNALS)):
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    for name in _MODULES:
        sys.modules[name] = None  # type: ignore[assignment] - importing it fails
    multiprocessing.set_start_method("spawn")


if __name__ == "__main__":
    _, module_name, *arguments = sys.argv
    sys.argv = [module_name, *arguments]
    sys.path.insert(0, str(Path.cwd()))
    take_away()
    runpy.run_module(module_name, run_name="__main__", alter_sys=True)
