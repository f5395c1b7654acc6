"""An answer that takes long. Proxies close a line on which nothing comes for a minute."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

from fastapi.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from fastapi_service.concurrency import cancel_and_wait

PATIENCE_S = 10.0
"""How long a client waits for the status. An answer that is there by then has a status of its own."""


class LateAnswer(StreamingResponse):
    """Sends spaces, which JSON allows before its first bracket, until the answer is there. The status is 200.

    What fails after the status was sent is an `error` in place of the text.
    """

    def __init__(self, work: asyncio.Task[Response], headers: dict[str, str], held: AsyncExitStack) -> None:
        """Prepare the answer.

        Args:
            work: makes the answer.
            headers: those that are known already.
            held: what the request occupies; it is released at the end.
        """
        self._work = work
        self._held = held
        super().__init__(self._body(), media_type="application/json", headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer, and end the work before what it occupies is released."""
        async with self._held:
            try:
                await super().__call__(scope, receive, send)
            finally:
                await cancel_and_wait([self._work])

    async def _body(self) -> AsyncIterator[bytes]:
        while not self._work.done():
            yield b" "
            await asyncio.wait({self._work}, timeout=PATIENCE_S)
        yield bytes(self._work.result().body)
