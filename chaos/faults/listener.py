"""Faults of the listener: it dies, its log is moved away, its wake-ups are lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from chaos.lab import Lab
from chaos.registry import fault
from wta.client import Pace

_LATE_S = 1.0
_BUSY = 3.0


@fault(17, "listener crash")
def crashed(lab: Lab) -> str:
    speakers = [lab.speak(3) for _ in range(2)]
    kills = 0
    while not all(s.done for s in speakers) or kills < 5:
        time.sleep(lab.random.uniform(0.2, 0.8))
        lab.kill_and_restart("listener")
        kills += 1
    return f"{lab.check(speakers)} lines after {kills} kills, no gap, no double"


@fault(18, "Pub/Sub dropped")
def wake_ups_lost(lab: Lab) -> str:
    with _killing_subscribers(lab):
        speakers = [lab.speak(2, pace=Pace.REALTIME) for _ in range(2)]
        count = lab.check(speakers)
    late_s = max(late for s in speakers for late in s.late_s)
    assert late_s < _LATE_S * _BUSY, f"an event came {late_s:.1f} s late"
    return f"{count} utterances, the latest event {late_s:.2f} s after it was written"


@fault(19, "log rotated under load")
def rotated(lab: Lab) -> str:
    log, rotations = lab.stack.result_log, 0
    speakers = [lab.speak(3) for _ in range(2)]
    while not all(s.done for s in speakers):
        time.sleep(0.5)
        if log.exists() and log.stat().st_size:
            older = sorted(log.parent.glob(f"{log.name}.[0-9]*"), key=lambda f: int(f.suffix[1:]), reverse=True)
            for file in older:
                file.rename(log.with_name(f"{log.name}.{int(file.suffix[1:]) + 1}"))
            log.rename(log.with_name(f"{log.name}.1"))
            rotations += 1
    return f"{lab.check(speakers)} lines over {rotations} rotations"


@contextmanager
def _killing_subscribers(lab: Lab) -> Iterator[None]:
    """Kill every subscription of Redis, again and again, inside the block."""
    stop, client = threading.Event(), lab.client()

    def kill() -> None:
        while not stop.wait(0.05):
            client.client_kill_filter(_type="pubsub")

    thread = threading.Thread(target=kill, name="chaos-pubsub")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
