"""What is wrong with a Realtime client, and how it is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
import redis
import websockets
from websockets.sync.client import connect

from tests.fastapi_service.fake_workers import FakeWorkers
from tests.fastapi_service.web_service import MakeWeb, Web
from tests.support.realtime import conversing
from wta.keys import hash_secret, new_key
from wta.ledger import Ledger

PATH = "/v1/realtime?intent=transcription"


def url(web: Web, path: str = PATH) -> str:
    return web.ws_url.removesuffix("/ws/audio") + path


def refusal(web: Web, path: str = PATH, **options: Any) -> tuple[int, dict[str, Any]]:
    """Status and error of a handshake that is refused."""
    with pytest.raises(websockets.InvalidStatus) as caught, connect(url(web, path), **options):
        pass
    response = caught.value.response
    return response.status_code, json.loads(response.body or b"")["error"]


def test_a_refused_handshake_says_why_as_openai_does(make_web: MakeWeb) -> None:
    key = new_key()
    web = make_web(api_keys=f"anna:{hash_secret(key)}")
    # When the key is wrong or missing
    for headers in ({"Authorization": "Bearer wrong"}, {}):
        status, error = refusal(web, additional_headers=headers)
        assert (status, error["code"]) == (401, "invalid_api_key")
    # When a page of another site asks, or somebody wants something else
    assert refusal(web, origin="https://elsewhere.example")[0] == 403
    status, error = refusal(web, f"{PATH}x", additional_headers={"Authorization": f"Bearer {key}"})
    assert (status, error["param"], error["type"]) == (400, "intent", "invalid_request_error")
    # Expect the right key to be taken, from a program and from a browser
    with conversing(web.http_url, key) as talk:
        assert talk.events[0].session.type == "transcription"
    with connect(url(web), subprotocols=["realtime", f"openai-insecure-api-key.{key}"]) as socket:  # type: ignore[list-item]
        assert socket.subprotocol == "realtime" and json.loads(socket.recv())["type"] == "session.created"


@pytest.mark.parametrize(
    ("event", "code", "param"),
    [
        ("{", "invalid_json", None),
        ("[1]", "invalid_value", "type"),
        ({"type": "response.create"}, "invalid_value", "type"),
        ({"type": "input_audio_buffer.append", "audio": "no base64!"}, "invalid_value", "audio"),
        ({"type": "input_audio_buffer.append"}, "invalid_value", "audio"),
        ({"type": "session.update", "session": {"type": "realtime"}}, "invalid_value", "session.type"),
        (
            {"type": "session.update", "session": {"audio": {"input": {"format": {"type": "audio/mp3"}}}}},
            "invalid_value",
            "session.audio.input.format.type",
        ),
        (
            {"type": "session.update", "session": {"audio": {"input": {"transcription": {"language": "Klingonese"}}}}},
            "invalid_value",
            "session.audio.input.transcription.language",
        ),
        (b"\0\0", "invalid_frame", None),
    ],
)
def test_a_wrong_event_is_told_and_the_session_goes_on(
    web: Web, event: str | bytes | dict[str, object], code: str, param: str | None
) -> None:
    with connect(url(web), compression=None) as socket:
        socket.recv()
        known = isinstance(event, dict)
        socket.send(json.dumps(event | {"event_id": "mine", "secret": "s3cret"}) if isinstance(event, dict) else event)
        told = json.loads(socket.recv(timeout=10))
        assert (told["type"], told["error"]["code"], told["error"].get("param")) == ("error", code, param)
        assert told["error"].get("event_id") == ("mine" if known else None)
        assert "s3cret" not in json.dumps(told)
        socket.send('{"type": "session.update", "session": {"type": "transcription"}}')
        assert json.loads(socket.recv(timeout=10))["type"] == "session.updated"


def test_what_the_audio_is_cannot_change_once_it_has_come(web: Web, sentence: bytes) -> None:
    with conversing(web.http_url) as talk:
        talk.say(bytes(4_800))
        talk.update(format={"type": "audio/pcmu"})
        assert talk.wait_for("error")[0].error.code == "session_begun"
        talk.update(turn_detection=None)
        talk.wait_for("session.updated")


def test_a_language_that_the_model_lacks_ends_the_session(web: Web, redis_client: redis.Redis, ledger: Ledger) -> None:
    with (
        FakeWorkers(redis_client, ledger, languages=["en"], tasks=["transcribe"]),
        conversing(web.http_url) as talk,
    ):
        talk.update(transcription={"model": "whisper-1", "language": "ko"})
        talk.say(bytes(4_800))
        (error,) = talk.wait_for("error")
        assert error.error.code == "unsupported" and "knows English only" in error.error.message
        assert talk.wait_until_closed() == 1008


def test_a_silent_client_is_told_before_it_is_closed(make_web: MakeWeb) -> None:
    web = make_web(idle_timeout_s=1)
    with conversing(web.http_url) as talk:
        (error,) = talk.wait_for("error")
        assert (error.error.code, error.error.type) == ("idle", "server_error")
        assert talk.wait_until_closed() == 1001


def test_a_frame_that_is_too_large_is_told(web: Web) -> None:
    with connect(url(web), compression=None) as socket:
        socket.recv()
        socket.send("x" * (5 << 20))
        assert json.loads(socket.recv(timeout=10))["error"]["code"] == "frame_too_large"
        with pytest.raises(websockets.ConnectionClosed):
            socket.recv(timeout=10)
        assert socket.close_code == 1008
