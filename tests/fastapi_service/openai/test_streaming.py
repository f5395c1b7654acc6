"""`stream=true`, requests in chunks and requests of pages: what OpenAI's clients send unasked."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import openai
import pytest
import redis

from fastapi_service.openai.transcript import SpokenOrder
from tests.fastapi_service.fake_workers import FakeWorkers
from tests.fastapi_service.web_service import MakeWeb, Web
from tests.support.encoded_audio import encoded
from tests.support.wait import wait_until
from wta.ledger import Ledger
from wta.messages import Final, NoSpeech


def client(web: Web) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{web.http_url}/v1", api_key="none", max_retries=0, timeout=60)


def final(seq: int) -> Final:
    return Final(utterance_id=f"s:{seq}", seq=seq, start=0, end=1, text=f"sentence {seq}")


def test_texts_come_in_the_order_of_speech_whoever_answers_first() -> None:
    order = SpokenOrder()
    assert list(order.add(final(2))) == []
    assert list(order.add(final(1))) == ["sentence 1", "sentence 2"]
    assert list(order.add(final(4))) == []
    assert list(order.add(NoSpeech(utterance_id="s:3", seq=3))) == ["sentence 4"]
    assert list(order.add(final(4))) == []


def test_each_sentence_is_sent_as_soon_as_it_is_understood(
    web: Web, workers: FakeWorkers, sentence: bytes, tmp_path: Path
) -> None:
    path = encoded(sentence * 3, tmp_path / "talk.flac")
    events = list(client(web).audio.transcriptions.create(file=path, model="gpt-4o-transcribe", stream=True))
    *deltas, done = events
    assert [event.delta for event in deltas] == ["sentence 1", " sentence 2", " sentence 3"]  # type: ignore[union-attr]
    assert {event.type for event in deltas} == {"transcript.text.delta"}
    assert (done.type, done.text) == ("transcript.text.done", "sentence 1 sentence 2 sentence 3")  # type: ignore[union-attr]


def test_what_fails_under_way_is_an_error_of_the_stream(
    web: Web, redis_client: redis.Redis, ledger: Ledger, sentence: bytes, tmp_path: Path
) -> None:
    path = encoded(sentence, tmp_path / "talk.flac")
    ask = client(web).audio.transcriptions.create
    with FakeWorkers(redis_client, ledger, fail=lambda _: True):
        with pytest.raises(openai.APIError, match="could not be understood"):
            list(ask(file=path, model="whisper-1", stream=True))
        with pytest.raises(openai.APIError, match="cannot be read as audio"):
            list(ask(file=("talk.wav", b"no audio"), model="whisper-1", stream=True))


def test_who_leaves_a_stream_gives_its_place_back(
    make_web: MakeWeb, redis_client: redis.Redis, ledger: Ledger, sentence: bytes, tmp_path: Path
) -> None:
    # Given a server for one file at a time, whose worker never comes to the second sentence
    web = make_web(max_files=1)
    path = encoded(sentence * 2, tmp_path / "talk.flac")
    ask = client(web).audio.transcriptions.create
    with FakeWorkers(redis_client, ledger, only=lambda seq: seq == 1):
        stream = ask(file=path, model="whisper-1", stream=True)
        assert next(iter(stream)).delta == "sentence 1"  # type: ignore[union-attr]
        with pytest.raises(openai.InternalServerError, match="as many files"):
            ask(file=path, model="whisper-1")
        # When its client leaves
        stream.close()
    # Expect room for another
    with FakeWorkers(redis_client, ledger):
        wait_until(lambda: ask(file=path, model="whisper-1").text.startswith("sentence 1"), 30, "the place was kept")


def test_a_server_that_is_told_to_end_finishes_the_stream(
    make_web: MakeWeb, redis_client: redis.Redis, ledger: Ledger, sentence: bytes, tmp_path: Path
) -> None:
    # Given a file of which one sentence has been sent
    web = make_web()
    path = encoded(sentence * 2, tmp_path / "talk.flac")
    with FakeWorkers(redis_client, ledger, only=lambda seq: seq == 1):
        stream = iter(client(web).audio.transcriptions.create(file=path, model="whisper-1", stream=True))
        assert next(stream).delta == "sentence 1"  # type: ignore[union-attr]
    # When the server is told to end, expect the rest all the same
    web.process.signal(signal.SIGTERM)
    time.sleep(1)
    with FakeWorkers(redis_client, ledger):
        assert list(stream)[-1].text == "sentence 1 sentence 2"  # type: ignore[union-attr]
    assert web.process.wait() == -signal.SIGTERM


def in_chunks(path: Path, padding: int = 0) -> httpx.Request:
    """A form of which nobody knows the size, as `curl -F file=@-` and Node's streams send it."""
    form = httpx.Request("POST", "http://test", data={"model": "any"}, files={"file": ("talk.mp3", path.read_bytes())})
    body = form.read()

    def parts() -> Iterator[bytes]:
        head, tail = body[:-60], body[-60:]
        yield from (head, bytes(padding), tail)

    return httpx.Request("POST", "http://test", headers={"content-type": form.headers["content-type"]}, content=parts())


def test_a_form_may_come_in_chunks(make_web: MakeWeb, workers: FakeWorkers, sentence: bytes, tmp_path: Path) -> None:
    web = make_web(max_upload_bytes=1_000_000)
    path = encoded(sentence, tmp_path / "talk.mp3")
    with httpx.Client(timeout=60) as http:

        def send(padding: int = 0) -> httpx.Response:
            request = in_chunks(path, padding)
            request.url = httpx.URL(f"{web.http_url}/v1/audio/transcriptions")
            request.headers["host"] = f"127.0.0.1:{web.port}"
            return http.send(request)

        assert send().json() == {"text": "sentence 1"}
        refused = send(padding=1_200_000)
        assert refused.status_code == 413 and "at most" in refused.json()["error"]["message"]


@pytest.mark.parametrize("origin", ["http://app.test", "app://obsidian.md"])
def test_a_page_may_use_openais_client_where_its_address_is_allowed(make_web: MakeWeb, origin: str) -> None:
    web = make_web(allowed_origins=origin)
    asked = {
        "Origin": origin, "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-stainless-os,x-stainless-retry-count",
    }  # fmt: skip
    allowed = httpx.options(f"{web.http_url}/v1/audio/transcriptions", headers=asked)
    assert allowed.status_code == 200 and "x-stainless-os" in allowed.headers["access-control-allow-headers"]
    assert allowed.headers["access-control-allow-origin"] == origin
    refused = httpx.options(f"{web.http_url}/v1/audio/transcriptions", headers=asked | {"Origin": "http://evil.test"})
    assert "access-control-allow-origin" not in refused.headers
