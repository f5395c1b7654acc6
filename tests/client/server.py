"""A server of docs/protocol.md that breaks off when it is told to, and keeps account of what it was sent."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from wta.messages import (
    Ack,
    Done,
    Error,
    Final,
    Finalize,
    Limits,
    Message,
    Models,
    Ready,
    Start,
    Stop,
    Summary,
    parse_client,
)

WINDOW = 4000
UTTERANCE = 1000
"""Samples after which the server makes a final and an acknowledgement."""

Breaks = Callable[[], int | None]
"""Asked after each message: the close code to end the connection with, or None."""


class BreakOffError(Exception):
    """Ends a connection with the close code that is its argument."""


class Server:
    """One session. Every 1,000 samples are an utterance: acknowledged, and a kept event."""

    def __init__(self, breaks: Breaks = lambda: None, refuse: tuple[Error, int] | None = None) -> None:
        self._breaks = breaks
        self.refuse = refuse
        self.audio = bytearray()
        self.events: list[Final] = []
        self.starts: list[Start] = []
        self.others: list[object] = []
        self.finalized_at: set[int] = set()
        self.most_under_way = 0
        self.url = ""

    @asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[Server]:
        async with serve(self._serve, "127.0.0.1", port, compression=None) as server:
            self.port = server.sockets[0].getsockname()[1]
            self.url = f"ws://127.0.0.1:{self.port}/ws/audio"
            yield self

    @property
    def acked(self) -> int:
        return len(self.events) * UTTERANCE

    async def _serve(self, socket: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            try:
                await self._converse(socket)
                await socket.close(1000)
            except BreakOffError as error:
                await socket.close(error.args[0])

    async def _converse(self, socket: ServerConnection) -> None:
        start = parse_client(await socket.recv())
        assert isinstance(start, Start)
        self.starts.append(start)
        if self.refuse:
            await say(socket, self.refuse[0])
            raise BreakOffError(self.refuse[1])
        del self.audio[self.acked * 2 :]  # what was not acknowledged is forgotten
        await say(socket, self._ready(start))
        seen = start.last_event_id or "0-0"
        for event in self.events:
            if int(event.event_id.split("-")[0]) >= int(seen.split("-")[0]):  # the last one twice, as may happen
                await say(socket, event)
        async for frame in socket:
            self._maybe_break()
            if isinstance(frame, bytes):
                await self._hear(socket, frame)
            elif isinstance(message := parse_client(frame), Stop):
                await say(socket, self._done())
                return
            else:
                self.others.append(message)
                if isinstance(message, Finalize):
                    self.finalized_at.add(len(self.audio) // 2)

    async def _hear(self, socket: ServerConnection, frame: bytes) -> None:
        self.audio += frame
        self.most_under_way = max(self.most_under_way, len(self.audio) // 2 - self.acked)
        while len(self.audio) // 2 - self.acked >= UTTERANCE:
            seq = len(self.events) + 1
            self.events.append(
                Final(utterance_id=f"s:{seq}", seq=seq, start=0, end=1, text=f"word {seq}", event_id=f"{seq}-0")
            )
            self._maybe_break()  # kept, but never said
            await say(socket, self.events[-1])
            await say(socket, Ack(sample=self.acked))

    def _maybe_break(self) -> None:
        if (code := self._breaks()) is not None:
            raise BreakOffError(code)

    def _ready(self, start: Start) -> Ready:
        limits = Limits(max_unacked_samples=WINDOW, max_frame_bytes=600, idle_timeout_s=0.6)
        return Ready(
            session_id="s", resume_token="s.secret", next_sample=self.acked, resumed=start.resume_token is not None,
            limits=limits, models=Models(),
        )  # fmt: skip

    def _done(self) -> Done:
        summary = Summary(utterances=len(self.events), words=0, audio_seconds=0, labels={})
        return Done(session_id="s", summary=summary)


async def say(socket: ServerConnection, message: Message) -> None:
    await socket.send(message.to_json())


def break_at_random(seed: int, share: float) -> Breaks:
    rng = random.Random(seed)
    return lambda: rng.choice((1000, 1011, 1012, 4408)) if rng.random() < share else None


async def drip(data: bytes, step_bytes: int) -> AsyncIterator[bytes]:
    """Blocks of audio as a speaker makes them."""
    for first in range(0, len(data), step_bytes):
        await asyncio.sleep(0)
        yield data[first : first + step_bytes]
