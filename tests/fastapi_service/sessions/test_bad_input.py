"""What nobody should send: a clear error, the right close code, and a service that goes on."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass

import pytest
import redis
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.fastapi_service.speaker import Speaker
from tests.fastapi_service.web_service import MakeWeb, Web
from wta.names import CloseCode

START = json.dumps({"type": "start", "sample_rate": 16_000})


def _start(**fields: object) -> str:
    return json.dumps({"type": "start", "sample_rate": 16_000} | fields)


@dataclass(frozen=True)
class Bad:
    name: str
    frames: tuple[str | bytes, ...]
    code: str = "bad_message"


TABLE = [
    Bad("audio before start", (bytes(640),), "audio_before_start"),
    Bad("an order before start", ('{"type":"stop"}',)),
    Bad("text where audio is due", (START, "AAAA")),
    Bad("base64 audio in JSON", (START, '{"type":"audio","data":"AAAA"}')),
    Bad("an unknown type", (START, '{"type":"sing"}')),
    Bad("no type", (START, "{}")),
    Bad("a list", (START, "[]")),
    Bad("nothing", (START, "")),
    Bad("odd bytes", (START, bytes(641)), "bad_audio"),
    Bad("rate 0", (_start(sample_rate=0),)),
    Bad("rate 1 MHz", (_start(sample_rate=1_000_000),)),
    Bad("a rate in words", (_start(sample_rate="16000"),)),
    Bad("a rate with a fraction", (_start(sample_rate=16_000.5),)),
    Bad("an unknown encoding", (_start(encoding="opus"),)),
    Bad("a language that is none", (_start(language="English!"),)),
    Bad("a task that is none", (_start(task="sing"),)),
    Bad("an endpoint under the limit", (_start(endpoint_ms=299),)),
    Bad("an endpoint over the limit", (_start(endpoint_ms=2001),)),
    Bad("an endpoint in words", (_start(endpoint_ms="500"),)),
    Bad("words that are neither wanted nor not", (_start(words="perhaps"),)),
    Bad("a cursor that is none", (_start(last_event_id="0; FLUSHALL"),)),
    Bad("a cursor in other digits", (_start(last_event_id="\u0660-\u0660"),)),
    Bad("a cursor of 40 digits", (_start(last_event_id=f"{'1' * 40}-0"),)),
    Bad("start said twice", (START, START)),
    Bad("a frame over the limit", (START, bytes(65_538)), "frame_too_large"),
    Bad("10 MB of audio in one frame", (START, bytes(10_000_000)), "frame_too_large"),
    Bad("10 MB of text in one frame", (START, "x" * 10_000_000), "frame_too_large"),
    Bad("10 MB at once", (bytes(10_000_000),), "frame_too_large"),
    Bad("a token of nobody", (_start(resume_token="0123456789abcdef.forged"),), "unknown_resume_token"),
]


@pytest.mark.parametrize("bad", TABLE, ids=lambda bad: bad.name)
def test_bad_input_is_answered_in_words(web: Web, redis_client: redis.Redis, bad: Bad) -> None:
    with Speaker(web.ws_url) as speaker:
        for frame in bad.frames:
            speaker.send(frame)
        assert speaker.until_closed() == CloseCode.BAD_MESSAGE
        error = speaker.messages[-1]
        assert (error["type"], error["code"], error["retryable"]) == ("error", bad.code, False)
        assert error["message"] and "FLUSHALL" not in error["message"] and "forged" not in error["message"]
    with Speaker(web.ws_url) as next_one:
        assert next_one.start()["next_sample"] == 0


def test_bytes_that_are_no_text_close_only_their_own_connection(web: Web) -> None:
    with Speaker(web.ws_url) as speaker:
        speaker.start()
        speaker.socket.send(b"\xff\xfe", text=True)
        assert speaker.until_closed() == CloseCode.BAD_MESSAGE
        assert speaker.messages[-1]["code"] == "bad_message"
    with Speaker(web.ws_url) as next_one:
        next_one.start()


@pytest.mark.parametrize(("origin", "welcome"), [("same", True), ("https://elsewhere.example", False), ("null", False)])
def test_only_our_own_pages_may_connect(web: Web, origin: str, welcome: bool) -> None:
    value = f"http://127.0.0.1:{web.port}" if origin == "same" else origin
    with connect(web.ws_url, additional_headers={"Origin": value}) as socket:
        with suppress(ConnectionClosed):
            socket.send(START)
        answer = json.loads(socket.recv(timeout=20))
        assert answer.get("code", answer["type"]) == ("ready" if welcome else "origin_refused")


def test_an_allowed_origin_may_connect(make_web: MakeWeb, redis_client: redis.Redis) -> None:
    web = make_web(allowed_origins="https://a.example, https://b.example")
    with connect(web.ws_url, additional_headers={"Origin": "https://b.example"}) as socket:
        socket.send(START)
        assert json.loads(socket.recv(timeout=20))["type"] == "ready"
