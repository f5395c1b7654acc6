"""The answer of a transcription request with `stream=true`: each sentence as it is understood, then the whole text."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import IO, Any

import anyio
import redis
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.types import Receive, Scope, Send

from fastapi_service.concurrency import cancel_and_wait
from fastapi_service.openai import subtitles
from fastapi_service.openai.errors import error_response
from fastapi_service.openai.transcript import SpokenOrder
from fastapi_service.openai.uploaded_file import UploadedFile
from wta.errors import WtaError
from wta.messages.server import ServerUnion

log = logging.getLogger(__name__)

_GRACE_S = 18.0
"""How long the server, told to end, goes on with the file: as long as with any request (uvicorn gives 20 s)."""
_PING_S = 15
"""How often a comment is sent, for the proxies on the way."""


class TranscriptStream(EventSourceResponse):
    """Sends the events `transcript.text.delta` and `transcript.text.done` of OpenAI's API.

    Source: https://platform.openai.com/docs/api-reference/audio/transcript-text-delta-event
    """

    def __init__(self, upload: UploadedFile, file: IO[bytes], held: AsyncExitStack, send_timeout_s: float) -> None:
        """Prepare the answer.

        Args:
            held: what the request occupies; it is released at the end.
            send_timeout_s: how long a client may take nothing.
        """
        self._upload = upload
        self._file = file
        self._held = held
        self._messages: asyncio.Queue[ServerUnion | None] = asyncio.Queue()
        super().__init__(
            self._events(), ping=_PING_S, sep="\n", headers=upload.headers, send_timeout=send_timeout_s,
            shutdown_event=anyio.Event(), shutdown_grace_period=_GRACE_S,
        )  # fmt: skip

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Work as long as the answer is sent, and end the work before what it occupies is released."""
        async with self._held:
            self._work = asyncio.create_task(self._upload.transcribe(self._file, self._messages.put_nowait, _never))
            self._work.add_done_callback(lambda _: self._messages.put_nowait(None))
            try:
                await super().__call__(scope, receive, send)
            finally:
                await cancel_and_wait([self._work])

    async def _events(self) -> AsyncIterator[ServerSentEvent]:
        try:
            order, said = SpokenOrder(), ""
            while (message := await self._messages.get()) is not None:
                for text in order.add(message):
                    said, delta = f"{said} {text}".strip(), f" {text}" if said else text
                    yield _event(type="transcript.text.delta", delta=delta)
            understood = await self._work
            more = self._upload.logprobs(understood)
            yield _event(type="transcript.text.done", text=subtitles.plain(understood.segments), **more)
        except (WtaError, redis.RedisError) as error:
            yield ServerSentEvent(bytes(error_response(error, taken=True).body).decode())
        except Exception as error:
            log.exception("a file failed session=%s", self._upload.session_id)
            yield ServerSentEvent(bytes(error_response(error, taken=True).body).decode())
        yield ServerSentEvent("[DONE]")


def _event(**fields: Any) -> ServerSentEvent:
    return ServerSentEvent(json.dumps(fields, ensure_ascii=False))


async def _never() -> bool:
    """Whoever leaves ends this response, and the work with it."""
    return False
