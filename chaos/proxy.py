"""A TCP proxy that cuts, freezes and delays: a bad network without root."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

from chaos.loop_thread import LoopThread

_BLOCK_BYTES = 65_536
_CLOSED_WITHIN_S = 10.0
_RESEND_S = (0.2, 0.6)
"""What a lost packet costs TCP: its retransmission time-out, at least 200 ms in Linux."""


class TcpProxy:
    """Listens on a free port of 127.0.0.1 for one server. Lives in a loop thread; call its methods from others."""

    def __init__(self, loop: LoopThread, target_port: int, seed: int = 0) -> None:
        self._loop = loop
        self._target_port = target_port
        self._random = random.Random(seed)
        self._links: set[_Link] = set()
        self.delay_s = 0.0
        """How long each direction takes, in seconds."""
        self.loss = 0.0
        """Share of packets that have to be sent again."""
        self.eaten = 0.0
        """Share of replies to EVALSHA that are lost, with their connection."""
        self.refusing = False
        self._server = loop.run(self._listen())
        self.port: int = self._server.sockets[0].getsockname()[1]

    def cut(self) -> int:
        """Break every connection at once; returns how many there were."""
        return self._loop.run(self._cut())

    def freeze(self) -> int:
        """Keep the connections that are open now open, but carry nothing any more: half-open TCP. Returns how many."""
        links = list(self._links)
        for link in links:
            link.frozen = True
        return len(links)

    def lead_to(self, target_port: int) -> None:
        """Lead new connections to another server. Those that are open stay where they are."""
        self._target_port = target_port

    def close(self) -> None:
        """Break every connection and accept no more."""
        self._loop.run(self._close())

    def pause_s(self) -> float:
        """Draw how many seconds the next packet takes."""
        lost = self._random.random() < self.loss
        return self.delay_s * self._random.uniform(0.8, 1.2) + (self._random.uniform(*_RESEND_S) if lost else 0.0)

    def eats(self) -> bool:
        """Draw whether the next reply to a script is lost."""
        return self._random.random() < self.eaten

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._accept, "127.0.0.1", 0)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            writer.transport.abort()
            return
        try:
            far = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            writer.transport.abort()
            return
        link = _Link(self, (reader, writer), far)
        self._links.add(link)
        try:
            with suppress(asyncio.CancelledError):  # the end of the loop; asyncio's own callback would complain
                await link.carry()
        finally:
            self._links.discard(link)

    async def _close(self) -> None:
        self.refusing = True
        self._server.close()
        await self._cut()
        async with asyncio.timeout(_CLOSED_WITHIN_S):
            while self._links:
                await asyncio.sleep(0.01)

    async def _cut(self) -> int:
        links = list(self._links)
        for link in links:
            link.abort()
        return len(links)


class _Link:
    """One connection through the proxy, in both directions."""

    def __init__(
        self,
        proxy: TcpProxy,
        near: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        far: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self._proxy = proxy
        self._near, self._far = near, far
        self.frozen = False
        self._script_asked = False

    async def carry(self) -> None:
        ways = [
            asyncio.create_task(self._one_way(self._near[0], self._far[1])),
            asyncio.create_task(self._one_way(self._far[0], self._near[1])),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            while self.frozen:  # the other side must not even see the end
                await asyncio.sleep(0.1)
        finally:
            for way in ways:
                way.cancel()
            for _, writer in (self._near, self._far):
                writer.close()

    def abort(self) -> None:
        self.frozen = False
        for _, writer in (self._near, self._far):
            writer.transport.abort()

    async def _one_way(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry packets one way. They may be under way at the same time, but stay in order."""
        packets: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(1000)
        sender = asyncio.create_task(self._send(packets, writer))
        now = asyncio.get_running_loop().time
        due = 0.0
        try:
            with suppress(OSError):
                while data := await reader.read(_BLOCK_BYTES):
                    if self.frozen:
                        continue
                    if self._is_lost(data, reader):
                        self.abort()
                        return
                    due = max(due, now() + self._proxy.pause_s())
                    await packets.put((due, data))
                await packets.put((due, b""))
                await sender
        finally:
            sender.cancel()

    def _is_lost(self, data: bytes, reader: asyncio.StreamReader) -> bool:
        if reader is self._near[0]:
            self._script_asked = b"EVALSHA" in data
            return False
        return self._script_asked and self._proxy.eats()

    async def _send(self, packets: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        now = asyncio.get_running_loop().time
        with suppress(OSError):
            while True:
                due, data = await packets.get()
                if (wait_s := due - now()) > 0:
                    await asyncio.sleep(wait_s)
                if not data:
                    return
                if not self.frozen:
                    writer.write(data)
                    await writer.drain()
