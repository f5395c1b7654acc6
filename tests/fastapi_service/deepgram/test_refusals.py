"""What Deepgram's interface refuses, and the words and codes in which it does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import redis
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.fastapi_service.web_service import MakeWeb, Web
from tests.support.deepgram import GOOD, listening
from tests.support.redis_server import RedisServer
from wta.keys import hash_secret, new_key

KEY = new_key()


@pytest.fixture(scope="module")
def guarded(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    web = Web(redis_server.url, tmp_path_factory.mktemp("guarded"), api_keys=f"anna:{hash_secret(KEY)}")
    web.start()
    yield web
    web.process.stop()
    assert "Traceback" not in web.log() and KEY not in web.log()


def refusal(web: Web, query: str, **options: Any) -> tuple[int, dict[str, str], str]:
    """Status, body and `dg-error` of a handshake that fails."""
    with pytest.raises(InvalidStatus) as caught:
        connect(f"{web.ws_url.removesuffix('/ws/audio')}/v1/listen?{query}", compression=None, **options)
    response = caught.value.response
    return response.status_code, json.loads(response.body or b"{}"), response.headers["dg-error"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("model=nova-3", "encoding: say encoding=linear16"),
        ("encoding=opus&sample_rate=48000", "encoding: say encoding=linear16"),
        ("encoding=linear16", "sample_rate: say how many"),
        ("encoding=linear16&sample_rate=1", "sample_rate: say how many"),
        (GOOD + "&channels=2", "channels: this server takes one"),
        (GOOD + "&endpointing=soon", "endpointing: milliseconds"),
        (GOOD + "&language=English!", "language: a BCP-47 tag"),
        (GOOD + "&utterance_end_ms=5", "utterance_end_ms: "),
        (GOOD + "&interim_results=perhaps", "interim_results: "),
        (GOOD + "&redact=pci", "redact: this server does not"),
        (GOOD + "&redact=pci&redact=false", "redact: this server does not"),
        (GOOD + "&profanity_filter=true", "profanity_filter: this server does not"),
        (GOOD + "&dictation=true", "dictation: this server does not"),
        (GOOD + "&numerals=true", "numerals: this server does not"),
        (GOOD + "&keywords=snow:2&keywords=ice", "keywords: this server does not"),
        (GOOD + "&detect_language=true", "detect_language: this server does not"),
        (GOOD + "&callback=https://a.example", "callback: this server does not"),
    ],
)
def test_what_cannot_be_done_is_said_before_the_socket_opens(web: Web, query: str, words: str) -> None:
    status, body, header = refusal(web, query)
    assert status == 400 and body["err_msg"].startswith(words) and header == body["err_msg"]
    assert body["request_id"]


def test_nobody_speaks_without_a_key(guarded: Web, redis_client: redis.Redis) -> None:
    assert refusal(guarded, GOOD)[0] == 401
    with pytest.raises(InvalidStatus) as caught, listening(guarded.http_url, "wrong"):
        pass
    assert caught.value.response.status_code == 401
    assert refusal(guarded, GOOD, subprotocols=["token", "wrong"])[0] == 401
    assert refusal(guarded, GOOD, additional_headers={"Authorization": "Bearer wrong"})[0] == 401
    assert list(redis_client.scan_iter("session:*")) == []


def test_a_key_may_come_in_three_ways(guarded: Web, redis_client: redis.Redis) -> None:
    # When the official client brings a key, expect it to be let in
    with listening(guarded.http_url, KEY) as heard:
        heard.finish()
    # Given a token for one session too
    made = httpx.post(f"{guarded.http_url}/api/token", headers={"Authorization": f"Bearer {KEY}"}).json()["token"]
    url = f"{guarded.ws_url.removesuffix('/ws/audio')}/v1/listen?{GOOD}"
    # When it comes in a header or as a subprotocol, expect a session each time
    for options in (
        {"additional_headers": {"Authorization": f"Bearer {KEY}"}},
        {"additional_headers": {"Authorization": f"token {KEY}"}},
        {"subprotocols": ["token", KEY]},
        {"subprotocols": ["bearer", made]},
    ):
        with connect(url, compression=None, **options) as socket:  # type: ignore[arg-type]
            assert socket.subprotocol == options.get("subprotocols", [None])[0]
            assert socket.response and socket.response.headers["dg-request-id"]
            socket.send('{"type": "CloseStream"}')
            assert json.loads(socket.recv(timeout=20))["type"] == "Metadata"
    assert refusal(guarded, GOOD, subprotocols=["bearer", made])[0] == 401  # a token is good once


def test_a_page_of_somebody_else_may_not_connect(web: Web) -> None:
    assert refusal(web, GOOD, additional_headers={"Origin": "https://a.example"})[0] == 401


def test_a_full_server_refuses_deepgrams_client_in_words(make_web: MakeWeb, redis_client: redis.Redis) -> None:
    web = make_web(max_sessions=1)
    with listening(web.http_url):
        status, body, _ = refusal(web, GOOD)
        assert status == 503 and "Too many people" in body["err_msg"]
