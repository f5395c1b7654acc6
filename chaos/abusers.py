"""Clients that take more than their share, each in its own way, for as long as they are let."""

from __future__ import annotations

import multiprocessing
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx
from websockets.exceptions import WebSocketException

from tests.fastapi_service.speaker import Speaker as RawSpeaker
from tests.support.stack import Stack

_CLIENTS = 2
_NICE = 19
"""Abusers sit at machines of their own: their own work must take nothing from the server's cores."""
_BODY = 1 << 20
_HEAD = b"POST /api/files HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


class Abuser:
    """One way to abuse a server. Each method does it once, for a while."""

    def __init__(self, stack: Stack, pcm16: bytes, wav: bytes) -> None:
        self._ws_url, self._http_url, self._port = stack.ws_url, stack.http_url, stack.port
        self._pcm16 = pcm16
        self._wav = wav

    def fast_sender(self) -> None:
        """Send a talk as fast as the socket takes it."""
        with RawSpeaker(self._ws_url) as speaker:
            speaker.start()
            speaker.say(self._pcm16 * 4)
            speaker.until_closed(5)

    def tiny_frames(self) -> None:
        """Send one sample a frame."""
        with RawSpeaker(self._ws_url) as speaker:
            speaker.start()
            for _ in range(20_000):
                speaker.socket.send(b"\0\0")

    def finalize_flood(self) -> None:
        """Order nothing but ends of utterances."""
        with RawSpeaker(self._ws_url) as speaker:
            speaker.start()
            for _ in range(20_000):
                speaker.socket.send('{"type":"finalize"}')

    def endless_body(self) -> None:
        """Send a body that never ends."""
        with self._connected() as client:
            client.sendall(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
            for _ in range(200):
                client.sendall(b"100000\r\n" + bytes(_BODY) + b"\r\n")

    def slow_body(self) -> None:
        """Announce a body and send none of it, on many connections."""
        clients = [socket.create_connection(("127.0.0.1", self._port), 5) for _ in range(50)]
        for client in clients:
            client.sendall(_HEAD + b"Content-Length: 10\r\n\r\n")
        for client in clients:
            client.settimeout(15)
            client.recv(1000)
            client.close()

    def many_connects(self) -> None:
        """Begin sessions and leave."""
        for _ in range(50):
            with RawSpeaker(self._ws_url) as speaker:
                speaker.order("start", sample_rate=16_000)

    def huge_json(self) -> None:
        """Send JSON that takes long to read."""
        httpx.post(f"{self._http_url}/api/files", content=b"[" + b"[]," * _BODY + b"1]", timeout=20)

    def wrong_keys(self) -> None:
        """Try keys and tokens."""
        for n in range(200):
            httpx.get(f"{self._http_url}/api/sessions/{n:016x}", headers={"Authorization": f"Bearer {n}"})

    def deepgram_file(self) -> None:
        """Send a file to Deepgram's interface at full speed."""
        with RawSpeaker(f"{self._ws_url[:-9]}/v1/listen?encoding=linear16&sample_rate=16000") as speaker:
            speaker.say(self._pcm16 * 4)
            speaker.order("CloseStream")
            speaker.until_closed(20)

    def openai_uploads(self) -> None:
        """Send one file after the other to OpenAI's interface."""
        httpx.post(
            f"{self._http_url}/v1/audio/transcriptions", timeout=60,
            files={"file": ("talk.wav", self._wav)}, data={"model": "whisper-1"},
        )  # fmt: skip

    def _connected(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._port), 5)

    def go_on(self, ways: tuple[str, ...]) -> None:
        """Do it again and again: one client of each way, or two of the only one. What is answered does not matter."""
        os.nice(_NICE)
        clients = ways if len(ways) > 1 else ways * _CLIENTS
        for way in clients[1:]:
            threading.Thread(target=self._repeat, args=(way,), daemon=True).start()
        self._repeat(clients[0])

    def _repeat(self, way: str) -> None:
        while True:
            with suppress(OSError, httpx.HTTPError, WebSocketException, KeyError):  # TimeoutError is an OSError
                getattr(self, way)()
            time.sleep(0.05)


@contextmanager
def abusing(abuser: Abuser, *ways: str) -> Iterator[None]:
    """Abuse the server inside the block, from a process of its own: the speaker's shall be as quick as without it."""
    process = multiprocessing.get_context("spawn").Process(target=abuser.go_on, args=(ways,), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()
