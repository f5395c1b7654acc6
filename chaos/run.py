"""Makes one fault after the other and judges what became of each utterance."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from chaos import namespace
from chaos.errors import CannotBeMadeError, NeedsRootError
from chaos.lab import Lab
from chaos.registry import Fault, all_faults
from chaos.voice import Voice


class Verdict(StrEnum):
    """How the trial of a fault ended."""

    PASS = "PASS"  # noqa: S105 - a verdict
    FAIL = "FAIL"
    SKIP = "SKIP"


def run(
    numbers: Annotated[
        list[int] | None, typer.Argument(help="Numbers of docs/faults.md; all where none is given.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of everything that is left to chance.")] = 1,
    list_them: Annotated[bool, typer.Option("--list", help="Name the faults and end.")] = False,
    keep: Annotated[Path | None, typer.Option(help="Folder for the logs of all processes, to be kept.")] = None,
    trace: Annotated[bool, typer.Option(help="Show where a fault failed.")] = False,
) -> None:
    """Make faults on a real system of its own, on this machine, and show what becomes of each utterance."""
    faults = all_faults()
    if unknown := set(numbers or []) - set(faults):
        raise typer.BadParameter(f"no such fault: {', '.join(map(str, sorted(unknown)))}")
    chosen = [faults[n] for n in (numbers or faults)]
    if list_them:
        for fault in chosen:
            typer.echo(f"{fault.number:2} {fault.title}")
        return
    with tempfile.TemporaryDirectory(prefix="wta-chaos-") as folder:
        verdicts = list(Runner(keep or Path(folder), seed, trace).run(chosen))
    passed, failed = verdicts.count(Verdict.PASS), verdicts.count(Verdict.FAIL)
    skipped = f", {len(verdicts) - passed - failed} skipped" if Verdict.SKIP in verdicts else ""
    typer.echo(f"{passed} passed, {failed} failed{skipped}")
    sys.exit(failed > 0)


class TooLongError(BaseException):
    """A fault took longer than it may. No Exception, so that nobody who polls and swallows errors swallows it."""


class Runner:
    """Keeps one system for all faults, and starts a new one where a fault has left it broken."""

    def __init__(self, folder: Path, seed: int, trace: bool = False) -> None:
        self._folder = folder
        self._seed = seed
        self._trace = trace
        self._voice = Voice(folder / "voice")
        self._lab: Lab | None = None
        self._folders = 0

    def run(self, faults: list[Fault]) -> Iterator[Verdict]:
        try:
            for fault in faults:
                started = time.monotonic()
                verdict, words = self.make(fault)
                took_s = time.monotonic() - started
                typer.echo(f"{verdict} {fault.number} {fault.title}: {words}  ({took_s:.0f} s)")
                sys.stdout.flush()
                yield verdict
        finally:
            self.close()

    def make(self, fault: Fault) -> tuple[Verdict, str]:
        """Make one fault. Returns the verdict, with the figure of the fault or with what is wrong."""
        try:
            if fault.network and namespace.available() and not namespace.inside():
                verdict, words = namespace.verdict_inside(fault, self._seed, self._next_folder(), self._trace)
                return Verdict(verdict), words
            with _limit(fault.limit_s):
                figure = self._on_shared(fault) if fault.shared else self._on_its_own(fault)
        except NeedsRootError as error:
            return Verdict.SKIP, f"needs root: {error}"
        except CannotBeMadeError as error:
            return (Verdict.FAIL if os.environ.get("CI") == "true" else Verdict.SKIP), f"cannot be made here: {error}"
        except (Exception, TooLongError) as error:
            if self._trace:
                traceback.print_exc()
            self.close()
            return Verdict.FAIL, f"{type(error).__name__}: {error}" if not isinstance(error, AssertionError) else str(
                error
            )
        return Verdict.PASS, figure

    def shared(self) -> Lab:
        """Return the system that faults share, running."""
        if self._lab is None:
            self._lab = Lab(self._next_folder(), self._seed, self._voice)
            self._lab.start()
        return self._lab

    def _on_shared(self, fault: Fault) -> str:
        lab = self.shared()
        lab.random.seed(f"{self._seed} {fault.number}")
        figure = fault.run(lab)
        lab.check()
        lab.mend()
        return figure

    def _on_its_own(self, fault: Fault) -> str:
        lab = Lab(self._next_folder(), self._seed, self._voice)
        lab.random.seed(f"{self._seed} {fault.number}")
        try:
            return fault.run(lab)
        finally:
            lab.stop()

    def _next_folder(self) -> Path:
        self._folders += 1
        return self._folder / f"system-{self._folders}"

    def close(self) -> None:
        """Stop the shared system."""
        lab, self._lab = self._lab, None
        if lab:
            lab.stop()


@contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """Raise TooLongError in the main thread when the time is over."""

    def over(_: int, __: FrameType | None) -> None:
        raise TooLongError(f"took more than {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
