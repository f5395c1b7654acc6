"""Makes stdout and stderr such that the supervisor can write to them, whatever they are.

The supervisor opens /dev/fd/1 anew. That works with files, with pipes and with one's own terminal, but with neither a
socket (systemd's journal) nor somebody else's terminal (after `su`). And a pipe whose reader has ended must not end the
services.
"""

from __future__ import annotations

import os
import signal
import stat
from contextlib import suppress

_CHUNK = 1 << 16


def make_reopenable() -> None:
    """Put a pipe in the place of stdout and of stderr where these cannot be opened anew, or may break.

    What comes through the pipe is written on by a process of its own, which drops it where nobody reads any more.
    """
    for number in (0, 1, 2):
        _open(number)
    for number in (1, 2):
        if not _is_steady(number):
            _relay(number)


def _open(number: int) -> None:
    """Where it is closed, let it lead nowhere, so that no pipe gets its number."""
    try:
        os.fstat(number)
    except OSError:
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, number)
        if nowhere != number:
            os.close(nowhere)
        os.set_inheritable(number, True)


def _is_steady(number: int) -> bool:
    """Whether this can be opened anew and never breaks: a file, or a terminal of one's own."""
    mode = os.fstat(number).st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISCHR(mode)):
        return False
    with suppress(OSError):
        os.close(os.open(f"/dev/fd/{number}", os.O_WRONLY | os.O_APPEND))
        return True
    return False


def _relay(number: int) -> None:
    source, sink = os.pipe()
    if os.fork() == 0:
        os.close(sink)
        _write_on(source, number)
        os._exit(0)
    os.close(source)
    os.dup2(sink, number)
    os.close(sink)


def _write_on(source: int, number: int) -> None:
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # it ends when the last writer has ended
        signal.signal(each, signal.SIG_IGN)
    for other in {0, 1, 2} - {number}:
        with suppress(OSError):
            os.close(other)
    there = True
    while chunk := os.read(source, _CHUNK):
        try:
            if there:
                os.write(number, chunk)
        except OSError:
            there = False
