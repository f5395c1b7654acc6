"""Faults at the web service: it restarts, and strangers, garbage and crowds come to it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import time
from collections import Counter
from contextlib import suppress
from random import Random

import httpx
import psutil
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from chaos.lab import Lab
from chaos.refusals import refusal
from chaos.registry import fault
from tests.fastapi_service.speaker import Speaker as RawSpeaker
from wta.client import Pace
from wta.names import CloseCode

_CROWD = 1000
_FUZZED = 150
_START = json.dumps({"type": "start", "sample_rate": 16_000})


@fault(21, "web service restarts")
def restarts(lab: Lab) -> str:
    speakers = [lab.speak(2, pace=Pace.REALTIME, recorded=True), lab.speak(3, pace=Pace.REALTIME)]
    with RawSpeaker(lab.stack.ws_url) as bystander:
        bystander.start()
        lab.until(lambda: all(s.session_id for s in speakers), 30, "no sessions")
        time.sleep(lab.random.uniform(1.5, 2.5))
        lab.process("web").signal(signal.SIGTERM)
        code = bystander.until_closed()
    status = lab.process("web").wait(60)
    lab.process("web").start()
    back = time.monotonic()
    assert code == CloseCode.RESTART, f"closed with {code}"
    lab.until(lambda: all(s.connections > 1 for s in speakers), 60, "not everybody came back")
    back_s = time.monotonic() - back
    return f"closed with {code}, status {status}, everybody back {back_s:.1f} s later: {lab.check(speakers)} utterances"


@fault(24, "malformed frames")
def garbage(lab: Lab) -> str:
    web = psutil.Process(lab.process("web").pid)
    speaker = lab.speak(2)
    before, codes = web.num_fds(), Counter[int]()
    for _ in range(_FUZZED):
        with RawSpeaker(lab.stack.ws_url) as stranger:
            _misbehave(stranger, lab.random)
            codes[stranger.until_closed()] += 1
    allowed = {CloseCode.BAD_MESSAGE, CloseCode.DONE}
    assert set(codes) <= allowed, f"close codes {dict(codes)}"
    lab.until(lambda: web.num_fds() <= before + 5, 20, "file descriptors are left open")
    assert "Traceback" not in lab.process("web").log.read_text(), "the service logged a crash"
    return f"{_FUZZED} strangers closed with {dict(codes)}; {lab.check([speaker])} utterances beside them"


@fault(25, "slowloris", limit_s=120)
def one_byte_a_second(lab: Lab) -> str:
    began = time.monotonic()
    request = b"GET /ws/audio HTTP/1.1\r\nHost: here\r\nX-Slow: " + b"a" * 1000
    with socket.create_connection(("127.0.0.1", lab.stack.port)) as slow:
        slow.settimeout(1.0)
        for byte in request:
            try:
                slow.sendall(bytes([byte]))
                if slow.recv(100) == b"":
                    break
            except TimeoutError:
                if time.monotonic() - began > 60:
                    raise AssertionError("still connected after 60 s") from None
            except OSError:
                break
    return f"dropped after {time.monotonic() - began:.0f} s"


@fault(26, "1,000 clients", limit_s=240)
def crowd(lab: Lab) -> str:
    speaker = lab.speak(4, pace=Pace.REALTIME)
    lab.until(lambda: speaker.session_id, 30, "no session")
    began = time.monotonic()
    outcomes = lab.loop.run(_crowd(lab.stack.ws_url), 200)
    took_s = time.monotonic() - began
    count = lab.check([speaker])
    full = f"{CloseCode.FULL} full"
    assert set(outcomes) == {"ready", full} and outcomes[full] >= _CROWD / 2, f"{dict(outcomes)}"
    assert speaker.connections == 1, "who was speaking was thrown out"
    return (
        f"{outcomes['ready']} admitted, {outcomes[full]} told {full} in {took_s:.0f} s; who spoke had {count} answers"
    )


@fault(27, "wrong Origin or token", quick=True)
def forged(lab: Lab) -> str:
    port = lab.stack.port
    codes = {
        "another page": _with_origin(lab, "http://evil.example"),
        "no page": _with_origin(lab, "null"),
        "almost ours": _with_origin(lab, f"http://127.0.0.1:{port}.evil.example"),
    }
    assert set(codes.values()) == {CloseCode.UNAUTHORIZED}, f"{codes}"
    assert _with_origin(lab, f"http://127.0.0.1:{port}") == CloseCode.DONE, "our own page is refused"
    speaker = lab.speak(1)
    lab.check([speaker])
    for token in (f"{speaker.session_id}.{'x' * 32}", speaker.session_id, "nobody.knows"):
        answer = refusal(lab.stack.ws_url, resume_token=token)
        assert answer and answer.code == CloseCode.BAD_MESSAGE, f"a forged resume token was answered with {answer}"
        url = f"{lab.stack.http_url}/api/sessions/{speaker.session_id}"
        read = httpx.get(url, headers={"Authorization": f"Bearer {token}"})
        assert read.status_code == httpx.codes.NOT_FOUND, f"a forged token reads a session: {read.status_code}"
    return "3 foreign origins closed with 4401, 3 forged resume tokens refused on both ways in"


def _with_origin(lab: Lab, origin: str) -> int:
    """Return the close code that a page of this origin gets."""
    return lab.loop.run(_close_code(lab.stack.ws_url, origin))


async def _close_code(url: str, origin: str) -> int:
    async with connect(url, additional_headers={"Origin": origin}) as client:
        try:
            await client.send(_START)
            await client.send(json.dumps({"type": "stop"}))
            async for _ in client:
                pass
        except ConnectionClosed:
            pass
        return client.close_code or 1006


def _misbehave(stranger: RawSpeaker, random: Random) -> None:
    """Send something that the protocol does not allow, before or after a proper start."""
    if random.random() < 0.5:
        stranger.start()
    match random.randrange(8):
        case 0:
            stranger.send(os.urandom(random.randrange(1, 2000) * 2 + 1))
        case 1:
            stranger.send("{" * random.randrange(1, 5000))
        case 2:
            stranger.send(json.dumps({"type": random.choice(["", "ready", "Start", None, 7, [], {}])}))
        case 3:
            stranger.send(
                json.dumps({"type": "start", "sample_rate": random.choice([0, -1, 1e99, "16000", None, True])})
            )
        case 4:
            stranger.send(bytes(70_000))
        case 5:
            stranger.send(json.dumps([_START] * random.randrange(5)))
        case 6:
            stranger.send("\ud7ff\u0000" * random.randrange(1, 100))
        case 7:
            stranger.order("start", sample_rate=16_000, resume_token="x" * random.randrange(1, 5000))
    stranger.order("no such type")  # in case the first was allowed


async def _answer(client: ClientConnection) -> str:
    """Return `ready`, or the close code together with the code of the error."""
    code = ""
    with suppress(ConnectionClosed):
        async for frame in client:
            message = json.loads(frame)
            if message["type"] == "ready":
                return "ready"
            code = message.get("code", code)
    return f"{client.close_code} {code}"


async def _crowd(url: str) -> Counter[str]:
    """Connect a crowd at once and count the answers. Who is admitted stays until everybody has one."""
    everybody_answered = asyncio.Event()
    outcomes: Counter[str] = Counter()
    knocking = asyncio.Semaphore(100)

    async def answer() -> str:
        async with knocking:
            client = await connect(url, open_timeout=60)
        async with client:
            with suppress(ConnectionClosed):  # it has been refused already; the reason can be read below
                await client.send(_START)
            outcomes[found := await _answer(client)] += 1
            if found == "ready":
                await everybody_answered.wait()
        return found

    comers = [asyncio.create_task(answer()) for _ in range(_CROWD)]
    while sum(outcomes.values()) + sum(c.done() and c.exception() is not None for c in comers) < _CROWD:
        await asyncio.sleep(0.1)
    everybody_answered.set()
    for result in await asyncio.gather(*comers, return_exceptions=True):
        if isinstance(result, Exception):
            outcomes[type(result).__name__] += 1
    return outcomes
