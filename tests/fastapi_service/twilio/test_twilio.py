"""`/ws/twilio` with messages as Twilio's documents show them: the workers' part is done by the test."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import redis
import soundfile
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.fastapi_service.answers import heard
from tests.fastapi_service.fake_workers import FakeWorkers
from tests.fastapi_service.web_service import MakeWeb, Web
from tests.support.processes import ROOT
from tests.support.wait import wait_until
from wta import names
from wta.keys import hash_secret, new_key
from wta.ledger import Ledger
from wta.messages import Result

STREAM, CALL = "MZ18ad3ab5a668481ce02b83e7395059f0", "CAc95f6dcd3c1f0a4f3a2d0e8b9a7c6d5e"
CONNECTED = {"event": "connected", "protocol": "Call", "version": "1.0.0"}


def start(*tracks: str, **parameters: str) -> dict[str, Any]:
    return {
        "event": "start", "sequenceNumber": "1", "streamSid": STREAM,
        "start": {
            "accountSid": "AC00000000000000000000000000000000", "streamSid": STREAM, "callSid": CALL,
            "tracks": list(tracks), "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": parameters,
        },
    }  # fmt: skip


def media(track: str, number: int, payload: bytes, at_ms: int | None = None) -> dict[str, Any]:
    at_ms = (number - 1) * 20 if at_ms is None else at_ms
    text = base64.b64encode(payload).decode()
    return {
        "event": "media", "sequenceNumber": str(number + 1), "streamSid": STREAM,
        "media": {"track": track, "chunk": str(number), "timestamp": str(at_ms), "payload": text},
    }  # fmt: skip


STOP = {"event": "stop", "sequenceNumber": "99", "streamSid": STREAM, "stop": {"accountSid": "AC0", "callSid": CALL}}
MARK = {"event": "mark", "sequenceNumber": "4", "streamSid": STREAM, "mark": {"name": "my label"}}


@pytest.fixture(scope="module")
def ulaw(sentence: bytes) -> bytes:
    """The sentence as a telephone line carries it."""
    out = io.BytesIO()
    samples = np.frombuffer(sentence, "<i2")[::2]
    soundfile.write(out, samples, 8_000, format="RAW", subtype="ULAW")
    return out.getvalue()


def url(web: Web) -> str:
    return web.ws_url.replace("/ws/audio", "/ws/twilio")


def send(socket: ClientConnection, *messages: dict[str, Any]) -> None:
    for message in messages:
        socket.send(json.dumps(message))


def pieces(track: str, audio: bytes, first: int = 1) -> list[dict[str, Any]]:
    return [media(track, first + n, audio[at : at + 160]) for n, at in enumerate(range(0, len(audio), 160))]


def closing(socket: ClientConnection) -> tuple[int, str]:
    """Close code and reason, where nothing else comes before."""
    with pytest.raises(ConnectionClosed):
        socket.recv(timeout=60)
    assert socket.close_code
    return socket.close_code, socket.close_reason or ""


def results(client: redis.Redis) -> list[Result]:
    return [Result.model_validate_json(fields[b"json"]) for _, fields in client.xrange(names.RESULTS_STREAM)]


def test_both_sides_of_a_call_are_heard_as_two_speakers(
    web: Web, workers: FakeWorkers, redis_client: redis.Redis, ulaw: bytes
) -> None:
    # Given a call in which one speaks after the other, and the line of who is silent may bring nothing
    first, second = pieces("inbound", ulaw), pieces("outbound", ulaw, len(ulaw) // 160 + 2)
    with connect(url(web), compression=None) as socket:
        send(socket, CONNECTED, start("inbound", "outbound"), *first, MARK, *second, STOP)
        # Expect everything to be answered before the server closes
        assert closing(socket) == (1000, "")
    told = results(redis_client)
    assert [result.text for result in told] == ["sentence 1"] * 2
    assert len({result.session_id for result in told}) == 2
    lines = re.findall(rf"a call session=(\w+) stream={STREAM} call={CALL} track=(\w+)", web.log())
    assert {lines[-2][0], lines[-1][0]} == {result.session_id for result in told}
    assert [track for _, track in lines[-2:]] == ["inbound", "outbound"]


def test_a_sentence_ends_although_its_line_falls_silent(
    web: Web, workers: FakeWorkers, redis_client: redis.Redis, ulaw: bytes
) -> None:
    # Given who speaks at once, and whose line then brings nothing, while the other one's brings silence
    spoken = ulaw.rstrip(b"\xff\x7f\xfe\x7e")
    with connect(url(web), compression=None) as socket:
        send(socket, start("inbound", "outbound"), *pieces("outbound", spoken))
        send(socket, *pieces("inbound", b"\xff" * 16_000, len(spoken) // 160 + 2))
        # Expect the sentence to be understood while the call goes on
        wait_until(lambda: results(redis_client), 30, "the sentence did not end")


def test_a_gap_is_silence_and_no_more_of_it_than_needed(
    web: Web, redis_client: redis.Redis, ledger: Ledger, ulaw: bytes
) -> None:
    # Given two sentences with an hour between them
    late = [
        media("inbound", 500 + n, ulaw[at : at + 160], 3_600_000 + n * 20)
        for n, at in enumerate(range(0, len(ulaw), 160))
    ]
    with connect(url(web), compression=None) as socket:
        send(socket, start("inbound"), *pieces("inbound", ulaw), *late)
        wait_until(lambda: redis_client.zcard(names.PENDING) >= 2, 30, "they were not cut")
    (session_id,) = {uid.decode().rpartition(":")[0] for uid in redis_client.zrange(names.PENDING, 0, -1)}
    first, second = heard(ledger, redis_client, session_id)
    assert 2 <= second.utterance.start_s - first.utterance.end_s < 5


def test_a_call_that_breaks_loses_nothing(make_web: MakeWeb, redis_client: redis.Redis, ulaw: bytes) -> None:
    web = make_web(resume_grace_s=0.1)
    with connect(url(web), compression=None) as socket:
        send(socket, start("inbound"), *pieces("inbound", ulaw[: len(ulaw) // 2]))
    wait_until(lambda: redis_client.zcard(names.PENDING) == 1, 30, "it was not written")


def test_a_call_needs_a_key_or_a_token_where_there_are_keys(make_web: MakeWeb, workers: FakeWorkers) -> None:
    key = new_key()
    web = make_web(api_keys=f"anna:{hash_secret(key)}")
    for parameters in ({}, {"token": "wrong"}):
        with connect(url(web), compression=None) as socket:
            send(socket, CONNECTED, start("inbound", **parameters))
            code, reason = closing(socket)
            assert code == 1008 and "token" in reason
    with connect(url(web), compression=None) as socket:
        send(socket, CONNECTED, start("inbound", "outbound", token=key), STOP)
        assert closing(socket)[0] == 1000
    assert key not in web.log()


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        (["{"], "not JSON"),
        ([b"\0\0"], "media messages"),
        ([json.dumps(media("inbound", 1, b"\xff"))], "`start` comes before"),
        ([json.dumps(start("inbound", "sideways"))], "tracks"),
        ([json.dumps(start("inbound", language="Klingonese"))], "language"),
        ([json.dumps(start("inbound")).replace("x-mulaw", "l16")], "encoding"),
        ([json.dumps(start("inbound")), json.dumps(media("outbound", 1, b"\xff"))], "not announced"),
        ([json.dumps(start("inbound")), json.dumps(media("inbound", 1, b"")).replace('""', '"?"')], "base64"),
    ],
)
def test_what_is_wrong_is_the_reason_of_the_close(web: Web, messages: list[str | bytes], words: str) -> None:
    with connect(url(web), compression=None) as socket:
        for message in messages:
            socket.send(message)
        code, reason = closing(socket)
    assert code == 1008 and words in reason


async def test_the_documented_program_works(
    web: Web, workers: FakeWorkers, redis_client: redis.Redis, ulaw: bytes, tmp_path: Path
) -> None:
    page = (ROOT / "docs" / "twilio.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "talk.ulaw").write_bytes(ulaw)
    command = [sys.executable, "-c", text.replace("localhost:8000", f"127.0.0.1:{web.port}")]
    process = await asyncio.create_subprocess_exec(*command, cwd=tmp_path)
    assert await process.wait() == 0
    assert [result.text for result in results(redis_client)] == ["sentence 1"]
