"""Locks this process in: it may compute, and read and write what it has open, and nothing else.

Linux on x86-64 and ARM64 has this (seccomp). There is no socket, no file that could be opened, removed or even named,
no other program and no signal. A call that is not allowed fails with EPERM. Elsewhere nothing is locked.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys
from typing import NamedTuple

_PR_SET_NO_NEW_PRIVS = 38
_SET_FILTER, _ALL_THREADS = 1, 1
_ALLOW, _FAIL, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
"""Where the kernel puts what a filter reads (struct seccomp_data)."""
_CLONE_THREAD = 0x10000
_CLONE3 = 435


class _Machine(NamedTuple):
    """The numbers of one architecture."""

    audit: int
    """Its own, in the kernel's audit.h."""
    seccomp: int
    clone: int
    column: int
    """Where _CALLS has its numbers."""


_MACHINES = {"x86_64": _Machine(0xC000003E, 317, 56, 0), "aarch64": _Machine(0xC00000B7, 277, 220, 1)}
_CALLS = {
    "read": (0, 63), "write": (1, 64), "close": (3, 57), "fstat": (5, 80), "lseek": (8, 62), "mmap": (9, 222),
    "mprotect": (10, 226), "munmap": (11, 215), "brk": (12, 214), "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "pread64": (17, 67), "readv": (19, 65), "writev": (20, 66),
    "sched_yield": (24, 124), "mremap": (25, 216), "madvise": (28, 233), "nanosleep": (35, 101), "getpid": (39, 172),
    "exit": (60, 93), "gettimeofday": (96, 169), "getrusage": (98, 165), "sigaltstack": (131, 132),
    "gettid": (186, 178), "futex": (202, 98), "sched_getaffinity": (204, 123), "restart_syscall": (219, 128),
    "clock_gettime": (228, 113), "clock_nanosleep": (230, 115), "exit_group": (231, 94), "set_robust_list": (273, 99),
    "getrandom": (318, 278), "membarrier": (324, 283), "rseq": (334, 293),
}  # fmt: skip
"""What decoding needs: memory, threads, clocks, and open files. Sources: the kernel's tables of both architectures."""


def can_lock_in() -> bool:
    """Whether this system has what `lock_in` needs."""
    return sys.platform == "linux" and platform.machine() in _MACHINES


def lock_in() -> bool:
    """Lock this process in, with every thread that it has and will have. Returns False where that cannot be done."""
    if not can_lock_in():
        return False
    machine = _MACHINES[platform.machine()]
    libc = ctypes.CDLL(None, use_errno=True)
    # Never more rights than now: the kernel asks for this before it takes a filter from an unprivileged process.
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    filter_ = b"".join(_program(machine))
    buffer = ctypes.create_string_buffer(filter_, len(filter_))
    program = struct.pack("HxxxxxxP", len(filter_) // _INSTRUCTION.size, ctypes.addressof(buffer))
    return bool(libc.syscall(machine.seccomp, _SET_FILTER, _ALL_THREADS, program) == 0)


_INSTRUCTION = struct.Struct("HBBI")


def _program(machine: _Machine) -> list[bytes]:
    """The filter for the kernel: a program of its BPF machine."""
    allowed = [numbers[machine.column] for numbers in _CALLS.values()]
    return [
        _step(_LOAD, _ARCHITECTURE_AT),
        _step(_EQUAL, machine.audit, yes=1),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER_AT),
        # `clone3` hides its flags from filters; libc then takes `clone`, which may make threads but no processes.
        _step(_EQUAL, _CLONE3, no=1),
        _step(_RETURN, _FAIL | errno.ENOSYS),
        _step(_EQUAL, machine.clone, no=2),
        _step(_LOAD, _FIRST_ARGUMENT_AT),
        _step(_ANY_BIT, _CLONE_THREAD, yes=len(allowed) + 1, no=len(allowed)),
        *(_step(_EQUAL, number, yes=len(allowed) - i) for i, number in enumerate(allowed)),
        _step(_RETURN, _FAIL | errno.EPERM),
        _step(_RETURN, _ALLOW),
    ]


def _step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return _INSTRUCTION.pack(code, yes, no, value)
