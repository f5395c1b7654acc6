"""`WTA_TEST_KILL_AT=n python -m tests.listener_service.killing`: a listener that SIGKILLs itself at the n-th step.

Steps are the calls that change a file. A write dies half done; before every other call is one step, after it another.
"""

from __future__ import annotations

import os
import pathlib
import signal
import sys
from collections.abc import Callable
from typing import Any

from listener_service.service import main


def die_at(step: int) -> None:
    passed = 0
    write = os.write

    def maybe_die() -> None:
        nonlocal passed
        passed += 1
        if passed == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def torn_write(fd: int, data: memoryview) -> int:
        if passed + 1 == step:
            write(fd, data[: len(data) // 2])
        maybe_die()
        return write(fd, data)

    def around(call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any) -> Any:
            maybe_die()
            answer = call(*args)
            maybe_die()
            return answer

        return called

    os.write = torn_write  # type: ignore[assignment]
    os.fsync = around(os.fsync)
    os.ftruncate = around(os.ftruncate)
    pathlib.Path.replace = around(pathlib.Path.replace)  # type: ignore[method-assign]


if __name__ == "__main__":
    die_at(int(os.environ["WTA_TEST_KILL_AT"]))
    sys.exit(main())
