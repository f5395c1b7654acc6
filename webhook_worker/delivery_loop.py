"""Starts what is due: one loop, and a few threads for each endpoint, so that one that hangs holds up no other."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from webhook_worker.deliveries import Deliveries, split_delivery_id

log = logging.getLogger(__name__)

_SLOTS = 4
"""How many requests to one endpoint a process has in flight."""
_INTERVAL_S = 0.5
"""How often Redis is asked where no request ends meanwhile."""


class DeliveryLoop:
    """Any number of processes may run one: what one of them has claimed, no other gets.

    Args:
        deliver: makes one attempt, given the delivery's id and the number of the attempt. Called from threads.
    """

    def __init__(
        self, deliveries: Deliveries, endpoint_ids: Sequence[str], deliver: Callable[[str, int], None]
    ) -> None:
        self._deliveries = deliveries
        self._endpoint_ids = endpoint_ids
        self._deliver = deliver
        self._in_flight: list[tuple[str, Future[None]]] = []
        self._ended = threading.Event()
        self._stopped = False

    def stop(self) -> None:
        """Ask the loop to end. A signal handler may call this."""
        self._stopped = True

    def run(self) -> None:
        """Deliver until `stop`, then wait for the requests in flight. Where Redis is away, try until it is back."""
        # As many threads as all slots together: no delivery waits for a thread.
        with ThreadPoolExecutor(_SLOTS * len(self._endpoint_ids), "delivery") as pool:
            while not self._stopped:
                self._ended.clear()
                try:
                    self._turn(pool)
                except Exception as error:  # whatever it is, the next turn may succeed, and nothing else delivers
                    log.warning("no deliveries for now: %s", error)
                self._ended.wait(_INTERVAL_S)

    def _turn(self, pool: ThreadPoolExecutor) -> None:
        while self._deliveries.owe_new(self._endpoint_ids):
            pass
        while self._start_due(pool):
            pass

    def _start_due(self, pool: ThreadPoolExecutor) -> bool:
        """Start what is due and has a slot. Returns whether more is due than was looked at."""
        slots = self._free_slots()
        if not any(slots.values()):
            return False
        claims = self._deliveries.claim_due(slots)
        for delivery, attempt in claims.claimed:
            future = pool.submit(self._deliver, delivery, attempt)
            self._in_flight.append((split_delivery_id(delivery)[0], future))
            future.add_done_callback(self._on_end)
        return claims.more

    def _free_slots(self) -> dict[str, int]:
        """Return, by endpoint id, how many more requests may be started."""
        self._in_flight = [(endpoint, future) for endpoint, future in self._in_flight if not future.done()]
        taken = Counter(endpoint for endpoint, _ in self._in_flight)
        return {endpoint: _SLOTS - taken[endpoint] for endpoint in self._endpoint_ids}

    def _on_end(self, future: Future[None]) -> None:
        if error := future.exception():
            log.warning("not committed, the delivery is made again: %r", error)
        self._ended.set()
