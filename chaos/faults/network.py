"""A network that goes silent, is slow, or loses packets."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from chaos.lab import Lab
from chaos.proxy import TcpProxy
from chaos.registry import fault
from wta.client import Pace

_BACK_S = 30.0
_BUSY = 3.0
"""A machine that is busy with other things may take this many times longer."""
_DELAY_S = 0.1
_LOSS = 0.02


@fault(13, "half-open TCP", limit_s=300)
def half_open(lab: Lab) -> str:
    with _proxied(lab) as (other, links):
        for name in ("stt", "analyzer", "listener", "web"):
            links[name].freeze()
        frozen = time.monotonic()
        speaker = other.speak(1)
        took_s = other.until(lambda: speaker.done and time.monotonic() - frozen, 150, "the system never came back")
        other.check([speaker])
    assert took_s < _BACK_S * _BUSY, f"back only after {took_s:.0f} s"
    return f"every connection to Redis dead at once: a whole session through after {took_s:.1f} s"


@fault(14, "latency and packet loss", limit_s=300)
def bad_network(lab: Lab) -> str:
    with _proxied(lab) as (other, links):
        for link in links.values():
            link.delay_s, link.loss = _DELAY_S, _LOSS
        began = time.monotonic()
        speakers = [other.speak(3, pace=Pace.REALTIME, url=_through(links["browser"])) for _ in range(2)]
        count = other.check(speakers)
        took_s = time.monotonic() - began
    reconnects = sum(s.connections - 1 for s in speakers)
    return (
        f"{2000 * _DELAY_S:.0f} ms round trips and {100 * _LOSS:.0f} % loss everywhere: {count} utterances once each "
        f"in {took_s:.0f} s, {reconnects} reconnects"
    )


def _through(link: TcpProxy) -> str:
    return f"ws://127.0.0.1:{link.port}/ws/audio"


@contextmanager
def _proxied(lab: Lab) -> Iterator[tuple[Lab, dict[str, TcpProxy]]]:
    """A system of its own whose every connection goes through a proxy: each process's to Redis, and the browser's."""
    other = lab.like_this()
    links = {name: TcpProxy(other.loop, other.stack.redis.port, lab.seed) for name in other.stack.processes}
    for name, link in links.items():
        other.stack.processes[name].env["WTA_REDIS_URL"] = f"redis://127.0.0.1:{link.port}/0"
    links["browser"] = TcpProxy(other.loop, other.stack.port, lab.seed)
    try:
        other.start()
        yield other, links
    finally:
        other.stop()
