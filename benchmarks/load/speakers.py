"""Speakers whose audio is cut already: each has a real connection to a web process, which sends the results back.

Cutting speech costs a web process 1/100 of a core for a speaker (docs/performance.md), more than two cores have for a
thousand. So each sentence is written to the ledger as a web process writes it, and everything after that is real. Where
Redis becomes full, the speakers are slowed as a web process slows them.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect

from fastapi_service.recording.pacing import MAX_MEMORY_FRACTION
from wta.audio_format import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ
from wta.ledger import Ledger, Session
from wta.messages import AS_THE_SERVER, Timings

SENTENCE_S = (2.0, 6.0)
PAUSE_S = (2.0, 10.0)
"""The least and the most of each; all between are equally likely. So a speaker talks two fifths of the time."""
_KEEPALIVE_S = 20.0
_CONNECTING = 50
"""How many connect at the same time."""
_DRAIN_S = 120.0
_WRITERS = 16
_LOOK_EVERY_S = 0.25


@dataclass
class Heard:
    """What came back. Seconds count from the moment at which the sentence was cut."""

    cut_at: dict[str, float] = field(default_factory=dict)
    """Utterance id → when it was cut, by the monotonic clock."""
    text_s: dict[str, float] = field(default_factory=dict)
    sentiment_s: dict[str, float] = field(default_factory=dict)
    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often each answer came, by utterance id and kind."""
    broken: int = 0
    """Connections that ended on their own."""
    slowed_s: float = 0.0
    """How long speakers waited, all together, because Redis had no room."""

    @property
    def lost(self) -> int:
        """Sentences without a text or without a sentiment."""
        return len(self.cut_at) - len(self.text_s.keys() & self.sentiment_s.keys())

    @property
    def doubled(self) -> int:
        return sum(count - 1 for count in self.answers.values())


class Speakers:
    """Many speakers at once.

    Args:
        ledger: the same that the web processes write to.
    """

    def __init__(self, url: str, ledger: Ledger, seed: int = 1) -> None:
        self.heard = Heard()
        self._url, self._ledger, self._random = url, ledger, random.Random(seed)
        self._noise = os.urandom(round(SENTENCE_S[1] * SAMPLE_RATE_HZ) * BYTES_PER_SAMPLE)
        self._threads = ThreadPoolExecutor(_WRITERS)
        self._full = False

    async def talk(self, sessions: int, seconds: float) -> Heard:
        """Let `sessions` people talk for `seconds`, and wait until all are answered."""
        async with AsyncExitStack() as open_sockets:
            gate = asyncio.Semaphore(_CONNECTING)
            found = await asyncio.gather(*(self._connect(open_sockets, gate) for _ in range(sessions)))
            readers = [asyncio.create_task(self._read(socket)) for socket, _ in found]
            keepers = [asyncio.create_task(self._keep(socket)) for socket, _ in found]
            keepers.append(asyncio.create_task(self._watch_memory()))
            until = time.monotonic() + seconds
            await asyncio.gather(*(self._speak(session, until) for _, session in found))
            await self._drained()
            self.heard.broken = sum(reader.done() for reader in readers)
            for task in (*readers, *keepers):
                task.cancel()
        return self.heard

    async def _connect(self, open_sockets: AsyncExitStack, gate: asyncio.Semaphore) -> tuple[ClientConnection, Session]:
        async with gate:
            socket = await open_sockets.enter_async_context(connect(self._url, compression=None, open_timeout=60))
            await socket.send(json.dumps({"type": "start", "sample_rate": SAMPLE_RATE_HZ, "interim": False}))
            ready = json.loads(await socket.recv())
        session = Session(ready["session_id"], ready["resume_token"], 1, SAMPLE_RATE_HZ, AS_THE_SERVER, 0, 1)
        return socket, session

    async def _speak(self, session: Session, until: float) -> None:
        at_s, seq = 0.0, 0
        await asyncio.sleep(self._random.uniform(0, PAUSE_S[1]))
        while True:
            length_s = self._random.uniform(*SENTENCE_S)
            await asyncio.sleep(length_s)
            if time.monotonic() > until:
                break
            seq += 1
            await self._cut(session, seq, at_s, at_s + length_s)
            at_s += length_s
            await asyncio.sleep(self._random.uniform(*PAUSE_S))

    async def _cut(self, session: Session, seq: int, start_s: float, end_s: float) -> None:
        self.heard.cut_at[f"{session.session_id}:{seq}"] = began = time.monotonic()
        while self._full:  # noqa: ASYNC110 - Redis says it once a second
            await asyncio.sleep(_LOOK_EVERY_S)
        self.heard.slowed_s += time.monotonic() - began
        now, size = time.time(), round((end_s - start_s) * SAMPLE_RATE_HZ) * BYTES_PER_SAMPLE
        await asyncio.get_running_loop().run_in_executor(
            self._threads, self._ledger.append, session, seq, self._noise[:size], start_s, end_s,
            round(end_s * SAMPLE_RATE_HZ), Timings(captured=now, cut=now, queued=now), f"load-{session.session_id}",
        )  # fmt: skip

    async def _watch_memory(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            used = await loop.run_in_executor(None, self._ledger.memory_fraction)
            self._full = used > MAX_MEMORY_FRACTION
            await asyncio.sleep(1)

    async def _read(self, socket: ClientConnection) -> None:
        async for raw in socket:
            message = json.loads(raw)
            kind, uid = message["type"], message.get("utterance_id")
            if kind not in {"final", "sentiment"}:
                continue
            self.heard.answers[uid, kind] += 1
            times = self.heard.text_s if kind == "final" else self.heard.sentiment_s
            times.setdefault(uid, time.monotonic() - self.heard.cut_at[uid])

    async def _drained(self) -> None:
        until = time.monotonic() + _DRAIN_S
        while self.heard.lost and time.monotonic() < until:  # noqa: ASYNC110 - answers come every few milliseconds
            await asyncio.sleep(0.5)

    @staticmethod
    async def _keep(socket: ClientConnection) -> None:
        while True:
            await asyncio.sleep(_KEEPALIVE_S)
            await socket.send(json.dumps({"type": "keepalive"}))
