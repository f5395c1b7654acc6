"""Files that are not taken: too large, too many, somebody else's, or broken off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from tests.fastapi_service.fake_workers import FakeWorkers
from tests.fastapi_service.files.sender import ANSWER_S, Sender, bearer, open_files
from tests.fastapi_service.web_service import MakeWeb, Web
from tests.support.encoded_audio import encoded
from tests.support.wait import wait_until
from wta.keys import hash_secret, new_key


def test_files_beyond_the_bounds_are_refused(
    make_web: MakeWeb, workers: FakeWorkers, sentence: bytes, tmp_path: Path
) -> None:
    web = make_web(max_file_bytes=2_000_000, max_session_s=20)
    sender = Sender(web)
    assert sender.open(2_000_001).status_code == 413
    assert sender.open(0).status_code == 422
    assert sender.open(10).status_code == 201
    assert sender.put(b"").status_code == 400
    assert sender.put(bytes(2_000_001)).status_code == 413
    assert sender.put(iter([b"x"])).status_code == 411
    sender.send(encoded(sentence * 4, tmp_path / "long.mp3"))
    view = sender.wait("failed")
    assert view["problem"] == "too_long" and sender.texts()  # what was within the bound stands


def test_more_files_at_a_time_than_allowed_are_refused(
    make_web: MakeWeb, redis_client: redis.Redis, sentence: bytes, tmp_path: Path
) -> None:
    # Given a server that takes one file at a time, and has one
    web = make_web(max_files=1)
    path = encoded(sentence * 8, tmp_path / "talk.flac")
    one, other = Sender(web), Sender(web)
    one.send(path)
    assert one.put(b"again").status_code == 409
    # When somebody sends another, expect a refusal in words
    other.open(10)
    refused = other.put(path.read_bytes())
    assert refused.status_code == 503 and "as many files" in refused.json()["detail"]
    # When the first is cancelled, expect the other to be taken
    one.cancel()
    wait_until(lambda: other.put(path.read_bytes()).status_code == 202, ANSWER_S, "no room came")


def test_only_a_files_own_token_reads_and_changes_it(web: Web, redis_client: redis.Redis) -> None:
    sender, stranger = Sender(web), Sender(web)
    sender.open(10)
    stranger.open(10)
    assert sender.view(token="none").status_code == sender.view(token=stranger.token).status_code == 404
    assert sender.view(after="nonsense").status_code == 422
    sender.token = stranger.token
    assert sender.put(b"x" * 10).status_code == 404 and sender.cancel() == 404


def test_where_there_are_keys_a_file_needs_one(make_web: MakeWeb, redis_client: redis.Redis) -> None:
    key = new_key()
    web = make_web(api_keys=f"anna:{hash_secret(key)}")
    assert Sender(web).open(10).status_code == Sender(web, "wrong").open(10).status_code == 401
    assert Sender(web, key).open(10).status_code == 201
    token = httpx.post(f"{web.http_url}/api/token", headers=bearer(key)).json()["token"]
    assert [Sender(web, token).open(10).status_code for _ in range(2)] == [201, 401]  # a token is good once
    foreign = {"Origin": "https://elsewhere.example"} | bearer(key)
    assert httpx.post(f"{web.http_url}/api/files", json={"size_bytes": 1}, headers=foreign).status_code == 403


def test_a_broken_upload_leaves_no_file(web: Web, redis_client: redis.Redis) -> None:
    sender = Sender(web)
    sender.open(3_000_000)

    # Given an upload that breaks off after two thirds
    def broken() -> Any:
        yield bytes(2_000_000)
        wait_until(lambda: open_files(web), 10, "nothing arrived")
        raise ConnectionError

    # When it is sent
    with pytest.raises(ConnectionError):
        httpx.put(
            f"{sender.url}/{sender.session_id}", content=broken(),
            headers=bearer(sender.token) | {"Content-Length": "3000000"},
        )  # fmt: skip
    # Expect nothing of it to be kept, and the session to wait for the file
    wait_until(lambda: not open_files(web) and sender.state() == "waiting", ANSWER_S, "it was not noticed")
