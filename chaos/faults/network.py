"""Faults of the network: it goes silent, is slow, or loses packets.

Root makes them in a network namespace, with iptables and, where the kernel has netem, tc. Others use proxies.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from chaos import namespace
from chaos.lab import Lab
from chaos.proxy import TcpProxy
from chaos.registry import fault
from wta.client import Pace

_BACK_S = 30.0
_BUSY = 3.0
"""How many times longer a machine that is busy with other things may take."""
_DELAY_S = 0.1
_LOSS = 0.02
_SERVICES = ("stt", "analyzer", "listener", "web")


@fault(13, "half-open TCP", limit_s=300, shared=False, network=True)
def half_open(lab: Lab) -> str:
    if namespace.inside():
        with lab.another() as other:
            pids = [other.process(name).pid for name in _SERVICES]
            return _after(other, lambda: namespace.drop_connections(pids, other.stack.redis.port), "by iptables")
    with _proxied(lab) as (other, links):
        return _after(other, lambda: sum(links[name].freeze() for name in _SERVICES), "by proxies")


def _after(system: Lab, silence: Callable[[], int], means: str) -> str:
    """Silence every connection that the services have to Redis, then let somebody speak."""
    count = silence()
    silent = time.monotonic()
    assert count >= len(_SERVICES), f"only {count} connections were found"
    speaker = system.speak(1)
    took_s = system.until(lambda: speaker.done and time.monotonic() - silent, 150, "the system never came back")
    system.check([speaker])
    assert took_s < _BACK_S * _BUSY, f"back only after {took_s:.0f} s"
    return f"all {count} connections to Redis silenced {means}: a whole session through after {took_s:.1f} s"


@fault(14, "latency and packet loss", limit_s=300, shared=False, network=True)
def bad_network(lab: Lab) -> str:
    loss = _LOSS
    if namespace.inside():
        namespace.lose_packets(_LOSS)
        if namespace.delay_packets(_DELAY_S):
            with lab.another() as other:
                return _slowly(other, other.stack.ws_url, "tc netem, iptables")
        loss = 0.0
    with _proxied(lab) as (other, links):
        for link in links.values():
            link.delay_s, link.loss = _DELAY_S, loss
        return _slowly(
            other, f"ws://127.0.0.1:{links['browser'].port}/ws/audio", f"proxies{'' if loss else ', iptables'}"
        )


def _slowly(system: Lab, url: str, means: str) -> str:
    began = time.monotonic()
    speakers = [system.speak(3, pace=Pace.REALTIME, url=url) for _ in range(2)]
    count = system.check(speakers)
    reconnects = sum(s.connections - 1 for s in speakers)
    return (
        f"{2000 * _DELAY_S:.0f} ms round trips and {100 * _LOSS:.0f} % loss everywhere ({means}): {count} utterances "
        f"once each in {time.monotonic() - began:.0f} s, {reconnects} reconnects"
    )


@contextmanager
def _proxied(lab: Lab) -> Iterator[tuple[Lab, dict[str, TcpProxy]]]:
    """Run a second system with a proxy in front of Redis for each process, and one in front of the web service."""
    other = lab.like_this()
    links = {name: TcpProxy(other.loop, other.stack.redis.port, lab.seed) for name in other.stack.processes}
    for name, link in links.items():
        other.stack.processes[name].env["WTA_REDIS_URL"] = f"redis://127.0.0.1:{link.port}/0"
    links["browser"] = TcpProxy(other.loop, other.stack.port, lab.seed)
    try:
        other.start()
        yield other, links
    finally:
        for link in links.values():
            link.close()
        other.stop()
