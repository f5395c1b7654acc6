"""What SIGTERM does to a web process: it takes nobody new, and after a while sends elsewhere who is connected."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from types import FrameType

from fastapi_service.server_state import ServerState

log = logging.getLogger(__name__)


class Drain:
    """Puts `drain_s` of the settings between SIGTERM and the end.

    In this time `/readyz` answers 503, so that a load balancer sends nobody here, new work is refused, and whatever is
    under way goes on. Then uvicorn's own handler ends the service: WebSockets are closed with 1012, on which clients
    resume elsewhere. A second SIGTERM does that at once. Ctrl-C never waits.
    """

    def __init__(self, server: ServerState) -> None:
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._end = signal.getsignal(signal.SIGTERM)

    def listen(self) -> None:
        """Take the place of the present handler of SIGTERM, which is called in the end."""
        # Signals come to the main thread alone. Without drain_s there is nothing to put in between.
        if self._server.settings.drain_s and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self._on_signal)

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if self._server.draining:
            self._finish(number)
        else:
            self._loop.call_soon_threadsafe(self._begin, number)

    def _begin(self, number: int) -> None:
        seconds, connections = self._server.settings.drain_s, self._server.slots.in_use
        log.info("draining for %g s connections=%d: nobody new is taken", seconds, connections)
        self._server.draining = True
        self._server.slots.close()
        self._loop.call_later(seconds, self._finish, number)

    def _finish(self, number: int) -> None:
        if callable(self._end):
            self._end(number, None)
