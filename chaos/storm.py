"""`python -m chaos storm`: many utterances while something dies every few seconds."""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Annotated

import typer

from chaos.judge import logged
from chaos.lab import Lab
from chaos.speaker import Speaker

TARGETS = {"worker": ("stt", "analyzer"), "listener": ("listener",), "web": ("web",), "redis": ("redis",)}
_PER_SESSION = 10
_AT_ONCE = 4
_STALLED_S = 300.0


def storm(
    utterances: Annotated[int, typer.Option(help="Short sentences to be said.")] = 500,
    kill_every: Annotated[float, typer.Option(help="Seconds between two kills.")] = 3.0,
    seed: Annotated[int, typer.Option(help="Of everything that is left to chance.")] = 1,
) -> None:
    """Kill a worker, the listener, the web service or Redis every few seconds, and count what arrives."""
    with tempfile.TemporaryDirectory(prefix="wta-storm-") as folder:
        lab = Lab(Path(folder), seed)
        try:
            lab.start()
            words = run_storm(lab, utterances, kill_every)
        except AssertionError as error:
            words = f"FAIL {error}"
        finally:
            lab.stop()
    typer.echo(words)
    sys.exit(words.startswith("FAIL"))


def run_storm(lab: Lab, utterances: int, kill_every_s: float) -> str:
    """Run the storm and return its counts in words. Raises AssertionError where anything was lost or doubled."""
    began = time.monotonic()
    speakers: list[Speaker] = []
    everything = [name for group in TARGETS.values() for name in group]
    with lab.supervised(*everything), _killing(lab, kill_every_s) as kills:
        left = utterances
        while left:
            number = min(left, _PER_SESSION)
            speakers.append(lab.speak(number))
            left -= number
            typer.echo(f"{utterances - left} of {utterances} begun, {kills.total()} kills", err=True)
            lab.until(lambda: sum(not s.done for s in speakers) < _AT_ONCE, _STALLED_S, "nothing goes on")
        count = lab.check(speakers, answered_s=_STALLED_S)
    pages = sum(len(s.history.sentiments) + len(s.history.failures) for s in speakers)
    sessions = {s.session_id for s in speakers}
    lines = Counter(uid for uid in logged(lab.log_lines()) if uid.rpartition(":")[0] in sessions)
    doubled = sum(n - 1 for n in lines.values()) + pages - count
    failures = sum(len(s.history.failures) for s in speakers)
    took_s = time.monotonic() - began
    killed = ", ".join(f"{n} {name}" for name, n in sorted(kills.items()))
    return (
        f"{utterances} said: {lines.total()} lines, {pages} on the pages, {doubled} doubled, {failures} given up; "
        f"{kills.total()} kills ({killed}) in {took_s:.0f} s"
    )


@contextmanager
def _killing(lab: Lab, every_s: float) -> Iterator[Counter[str]]:
    stop, kills = threading.Event(), Counter[str]()
    random = Random(f"{lab.seed} kills")  # the speakers' own is used by another thread

    def kill() -> None:
        while not stop.wait(every_s):
            kind = random.choice(list(TARGETS))
            lab.process(random.choice(TARGETS[kind])).signal(signal.SIGKILL)
            kills[kind] += 1

    thread = threading.Thread(target=kill, name="chaos-storm")
    thread.start()
    try:
        yield kills
    finally:
        stop.set()
        thread.join()
