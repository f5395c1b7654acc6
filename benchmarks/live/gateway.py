"""Measures what a socket costs the web service, by size of its frames, sample rate and age of its session."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
from scipy.signal import resample_poly
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.speech.recordings import Recording
from tests.support.processes import Process, free_port, python
from tests.support.redis_server import RedisServer
from tests.support.wait import wait_until
from wta.audio_format import SAMPLE_RATE_HZ, float_to_pcm16

FRAMES_MS = (20, 40, 96, 200)
_SOCKETS = 40
_ROUNDS = 3
"""Each cost is the least of so many runs, taken in turn: other work of a shared machine only adds to it."""
_OLD_MINUTES = 10
_PAUSE_S = 1.0
_UNDER_WAY_S = 24
"""Seconds of unacknowledged audio: more than the longest utterance, less than the server's window."""


def measure(recordings: list[Recording], folder: Path, seconds: float) -> dict[str, Any]:
    """Measure the web service, with Redis and without workers, whose costs are measured elsewhere.

    Args:
        seconds: how long sockets speak for each kind of frame.
    """
    server = RedisServer(folder / "redis")
    server.start()
    env = {"WTA_REDIS_URL": server.url, "WTA_STATE_DIR": str(folder), "WTA_MAX_QUEUE_S": "1000000"}
    port = free_port()
    web = python("web", ["fastapi_service"], env | {"WTA_PORT": str(port)}, folder / "web.log")
    try:
        web.start()
        wait_until(lambda: httpx.get(f"http://127.0.0.1:{port}/healthz").is_success, 30, "the web service is not there")
        bench = _Gateway(f"ws://127.0.0.1:{port}/ws/audio", web, _talk(recordings))
        return {"by_frame": bench.by_frame(seconds), "by_age": bench.by_age()}
    finally:
        web.stop()
        server.stop()


class _Gateway:
    def __init__(self, url: str, web: Process, talk: np.ndarray) -> None:
        self._url, self._web = url, psutil.Process(web.pid)
        self._pcm16 = {
            rate_hz: float_to_pcm16(resample_poly(talk, rate_hz // 1000, SAMPLE_RATE_HZ // 1000).astype(np.float32))
            for rate_hz in (16_000, 48_000)
        }

    def by_frame(self, seconds: float) -> list[dict[str, Any]]:
        kinds = [(rate, ms) for rate in self._pcm16 for ms in FRAMES_MS]
        rounds = [[asyncio.run(self._real_time(ms, rate, seconds)) for rate, ms in kinds] for _ in range(_ROUNDS)]
        return [
            {
                "frame_ms": ms,
                "rate_hz": rate,
                "cpu_share_of_a_socket": round(min(shares), 5),
                "most": round(max(shares), 5),
                "sockets_per_core": int(1 / min(shares)),
            }
            for (rate, ms), shares in zip(kinds, zip(*rounds, strict=True), strict=True)
        ]

    async def _real_time(self, frame_ms: int, rate_hz: int, seconds: float) -> float:
        """CPU seconds of the web service for each socket and second."""
        sockets = [await _open(self._url, rate_hz) for _ in range(_SOCKETS)]
        readers = [asyncio.create_task(_read(socket)) for socket in sockets]
        cpu = self._cpu_s()
        began = time.monotonic()
        await asyncio.gather(*(
            self._speak(socket, n, frame_ms, rate_hz, seconds) for n, socket in enumerate(sockets)
        ))  # fmt: skip
        spent, took = self._cpu_s() - cpu, time.monotonic() - began
        for socket, reader in zip(sockets, readers, strict=True):
            reader.cancel()
            await socket.close()
        return spent / took / _SOCKETS

    async def _speak(self, socket: ClientConnection, n: int, frame_ms: int, rate_hz: int, seconds: float) -> None:
        talk, step = self._pcm16[rate_hz], 2 * rate_hz * frame_ms // 1000
        offset = n * 7 * rate_hz * 2 % (len(talk) // 2) // step * step
        began = time.monotonic() + n * frame_ms / 1000 / _SOCKETS
        for number in range(int(seconds * 1000 / frame_ms)):
            await asyncio.sleep(max(0.0, began + number * frame_ms / 1000 - time.monotonic()))
            first = (offset + number * step) % (len(talk) - step)
            await socket.send(talk[first : first + step])

    def by_age(self) -> dict[str, Any]:
        """The CPU time of each minute of a long session, whose audio is sent as fast as the server takes it."""
        costs = asyncio.run(self._long_session(16_000))
        return {"minutes": _OLD_MINUTES, "cpu_ms_per_s": [round(1000 * cost / 60, 2) for cost in costs]}

    async def _long_session(self, rate_hz: int) -> list[float]:
        socket = await _open(self._url, rate_hz)
        talk, step = self._pcm16[rate_hz], 2 * rate_hz // 10
        minute = (talk * (60 * rate_hz * 2 // len(talk) + 1))[: 60 * rate_hz * 2]
        costs: list[float] = []
        said = acked = 0
        # The audio unacknowledged at the end of a minute is worked on in the next one. So the first minute that counts
        # must begin with as much.
        for number in range(_OLD_MINUTES + 1):
            cpu = self._cpu_s()
            for first in range(0, len(minute) if number else 2 * _UNDER_WAY_S * 2 * rate_hz, step):
                await socket.send(minute[first : first + step])
                said += step // 2
                acked = await _until_ack(socket, acked, said - _UNDER_WAY_S * rate_hz)
            costs.append(self._cpu_s() - cpu)
        await socket.close()
        return costs[1:]

    def _cpu_s(self) -> float:
        times = self._web.cpu_times()
        return times.user + times.system


async def _open(url: str, rate_hz: int) -> ClientConnection:
    socket = await connect(url, compression=None, max_size=None)
    await socket.send(json.dumps({"type": "start", "sample_rate": rate_hz}))
    await socket.recv()
    return socket


async def _until_ack(socket: ClientConnection, acked: int, sample: int) -> int:
    """Read until samples up to `sample` are acknowledged; returns how many are."""
    while acked < sample:
        message = json.loads(await socket.recv())
        if message["type"] == "ack":
            acked = message["sample"]
    return acked


async def _read(socket: ClientConnection) -> None:
    async for _ in socket:
        pass


def _talk(recordings: list[Recording]) -> np.ndarray:
    pause = np.zeros(round(_PAUSE_S * SAMPLE_RATE_HZ), dtype=np.float32)
    return np.concatenate([part for recording in recordings for part in (recording.audio, pause)])
