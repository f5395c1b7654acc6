"""`/v1/listen`: Deepgram's own client, and what is wrong; the workers' part is done by the test."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.fastapi_service.answers import give_sentiment, give_text
from tests.fastapi_service.web_service import MakeWeb, Web
from tests.support.deepgram import GOOD, Listening, listening
from tests.support.wait import wait_until
from wta import names
from wta.health.heartbeat import beat
from wta.ledger import Ledger
from wta.names import Stage, WorkerKind


def cut(ledger: Ledger, client: redis.Redis, count: int) -> list[str]:
    """Ids of the utterances that wait to be text, once there are `count`."""

    def waiting() -> list[str]:
        ids = [uid.decode() for uid in client.zrange(names.PENDING, 0, -1)]
        return sorted(uid for uid in ids if (u := ledger.get(uid)) and u.stage is Stage.AUDIO)

    return wait_until(lambda: len(waiting()) == count and waiting(), 20, f"there are not {count} utterances")


def transcripts(heard: Listening) -> list[str]:
    return [result.channel.alternatives[0].transcript for result in heard.finals()]


def test_a_result_waits_for_its_sentiment_where_that_is_asked_for(
    make_web: MakeWeb, ledger: Ledger, redis_client: redis.Redis, sentence: bytes
) -> None:
    beat(redis_client, WorkerKind.ANALYZER, "test:1", {"model": "test"}, ttl_s=60)
    web = make_web()
    # Given a client that asks for sentiment and one that does not
    with listening(web.http_url, sentiment=True) as heard, listening(web.http_url) as plain:
        for one in (heard, plain):
            one.say(sentence)
        first, second = cut(ledger, redis_client, 2)
        # When there is text, expect only the second to be told
        for uid in (first, second):
            give_text(ledger, uid, "some words")
        plain.wait_for(plain.finals)
        assert heard.finals() == []
        # When there is sentiment, expect the first to get both together
        for uid in (first, second):
            give_sentiment(ledger, uid)
        heard.finish()
        plain.finish()
    (alternative,) = heard.finals()[0].channel.alternatives
    assert (alternative.transcript, alternative.sentiment, alternative.sentiment_score) == (
        "some words",
        "positive",
        0.75,
    )
    assert not hasattr(plain.finals()[0].channel.alternatives[0], "sentiment")
    assert heard.errors == plain.errors == []


def test_finalize_is_answered_by_one_result(
    web: Web, ledger: Ledger, redis_client: redis.Redis, sentence: bytes
) -> None:
    with listening(web.http_url) as heard:
        # When nothing was said yet, expect an empty answer
        heard.connection.send_finalize()
        heard.wait_for(heard.finals)
        assert transcripts(heard) == [""] and heard.finals()[0].from_finalize
        # When something was said, expect its text, marked as asked for
        heard.say(sentence[: len(sentence) // 2])
        heard.connection.send_finalize()
        (uid,) = cut(ledger, redis_client, 1)
        give_text(ledger, uid, "one two")
        heard.wait_for(lambda: len(heard.finals()) == 2)
        result = heard.finals()[1]
        assert result.from_finalize and result.speech_final and transcripts(heard)[1] == "one two"
        # Expect no second answer
        give_sentiment(ledger, uid)
        heard.connection.send_keep_alive()
        heard.finish()
    assert len(heard.finals()) == 2 and heard.errors == []


def test_a_longer_silence_can_be_asked_for(
    web: Web, ledger: Ledger, redis_client: redis.Redis, sentence: bytes
) -> None:
    """Two sentences with a second of silence and more between them: one utterance, or two."""
    with listening(web.http_url, endpointing="2000") as patient:
        patient.say(sentence[:-48_000] + bytes(24_000) + sentence)
        patient.connection.send_close_stream()
        (uid,) = cut(ledger, redis_client, 1)
        give_text(ledger, uid, "both")
        give_sentiment(ledger, uid)
        patient.finish()
    assert transcripts(patient) == ["both"]


def test_a_broken_connection_loses_nothing(
    make_web: MakeWeb, ledger: Ledger, redis_client: redis.Redis, sentence: bytes
) -> None:
    web = make_web(resume_grace_s=0.1)
    with listening(web.http_url) as heard:
        heard.say(sentence[: len(sentence) // 2])
        heard.connection.send_keep_alive()
    assert cut(ledger, redis_client, 1)


def test_audio_may_be_split_within_a_sample(
    web: Web, ledger: Ledger, redis_client: redis.Redis, sentence: bytes
) -> None:
    with listening(web.http_url) as heard:
        for start in range(0, len(sentence), 3_201):
            heard.connection.send_media(sentence[start : start + 3_201])
        (uid,) = cut(ledger, redis_client, 1)
        give_text(ledger, uid, "whole")
        give_sentiment(ledger, uid)
        heard.finish()
    assert transcripts(heard) == ["whole"]
    assert heard.of("Metadata")[0].duration == pytest.approx(len(sentence) / 32_000)


def closing(socket: ClientConnection) -> tuple[dict[str, Any], int]:
    """The last message and the close code."""
    last: dict[str, Any] = {}
    with suppress(ConnectionClosed):
        for text in socket:
            last = json.loads(text)
    assert socket.close_code
    return last, socket.close_code


def test_an_error_in_mid_session_is_said_and_closed_as_deepgram_does(
    make_web: MakeWeb, redis_client: redis.Redis
) -> None:
    # Given a server that closes idle connections soon
    web = make_web(idle_timeout_s=1)
    url = f"{web.ws_url.removesuffix('/ws/audio')}/v1/listen?{GOOD}"
    # When a client sends what is no message, expect that to be said
    with connect(url, compression=None) as socket:
        socket.send('{"type": "Configure", "secret": "s3cret"}')
        last, code = closing(socket)
        assert (last["type"], last["variant"], code) == ("Error", "bad_message", 1008)
        assert socket.close_reason == "DATA-0000"
        assert "KeepAlive, Finalize and CloseStream" in last["description"] and "s3cret" not in json.dumps(last)
    # When a client sends nothing, expect that to be said
    with connect(url, compression=None) as socket:
        last, code = closing(socket)
        assert (last["variant"], code, socket.close_reason) == ("idle", 1011, "NET-0001")
    # When a frame is too large, expect that to be said in the same protocol
    with connect(url, compression=None) as socket:
        socket.send(bytes(1_100_000))
        last, code = closing(socket)
        assert (last["type"], last["variant"], code) == ("Error", "frame_too_large", 1008)
    assert "Traceback" not in web.log()


def test_an_empty_frame_is_the_older_way_to_end(web: Web, redis_client: redis.Redis) -> None:
    with connect(f"{web.ws_url.removesuffix('/ws/audio')}/v1/listen?{GOOD}", compression=None) as socket:
        socket.send(b"")
        socket.send(bytes(3_200))
        last, code = closing(socket)
    assert (last["type"], last["duration"], code) == ("Metadata", 0.0, 1000)


def test_large_frames_words_and_deleting_what_was_said(
    web: Web, ledger: Ledger, redis_client: redis.Redis, sentence: bytes
) -> None:
    # Given a client that sends everything in frames of hundreds of kilobytes, and wants the times of words
    url = f"{web.ws_url.removesuffix('/ws/audio')}/v1/listen?{GOOD}&words=true"
    with connect(url, compression=None) as socket:
        assert socket.response
        session_id, token = (socket.response.headers[name] for name in ("dg-request-id", "dg-resume-token"))
        socket.send(sentence + sentence)
        ids = cut(ledger, redis_client, 2)
        asked = ledger.get(ids[0])
        assert asked and asked.options.words is True
        # When it deletes its session
        headers = {"Authorization": f"Bearer {token}"}
        assert httpx.delete(f"{web.http_url}/api/sessions/{session_id}", headers=headers).status_code == 204
        # Expect nothing to be left, and the socket to close
        assert closing(socket)[0]["variant"] == "deleted"
    assert ledger.utterances(session_id) == []


def test_the_examples_are_read_by_the_official_client() -> None:
    from deepgram.core.unchecked_base_model import construct_type
    from deepgram.listen.v1.socket_client import V1SocketClientResponse

    folder = Path(__file__).parents[2] / "golden" / "deepgram_server"
    for path in folder.glob("*.json"):
        example = json.loads(path.read_text())
        read = construct_type(type_=V1SocketClientResponse, object_=example)
        assert read.type == example["type"] and type(read).__name__.startswith("ListenV1"), path.stem
