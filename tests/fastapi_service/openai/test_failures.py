"""What OpenAI's clients are told where something fails: once, and with what there is."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import httpx
import openai
import psutil
import pytest
import redis

from tests.fastapi_service.fake_workers import FakeWorkers
from tests.fastapi_service.web_service import MakeWeb, Web
from tests.support.encoded_audio import encoded
from tests.support.wait import wait_until
from wta import names
from wta.ledger import Ledger


def client(web: Web, max_retries: int = 2) -> openai.OpenAI:
    """The official client as it comes: it tries again by itself."""
    return openai.OpenAI(base_url=f"{web.http_url}/v1", api_key="none", max_retries=max_retries, timeout=60)


def sessions(client: redis.Redis) -> int:
    return len({key.decode().split(":")[1] for key in client.scan_iter("utterance:*")})


def test_one_failed_sentence_is_a_segment_with_an_error(
    web: Web, redis_client: redis.Redis, ledger: Ledger, sentence: bytes, tmp_path: Path
) -> None:
    path = encoded(sentence * 3, tmp_path / "talk.flac")
    ask = client(web).audio.transcriptions.with_raw_response.create
    with FakeWorkers(redis_client, ledger, fail=lambda seq: seq == 2):
        raw = ask(file=path, model="whisper-1", response_format="verbose_json")
        plain = ask(file=path, model="whisper-1", response_format="srt")
    answer = raw.parse()
    assert answer.text == "sentence 1 sentence 3" and raw.headers["x-failed-sentences"] == "1"
    first, failed, last = answer.segments
    assert failed.text == "" and "Sentence 2 could not be understood" in failed.error
    assert first.end < failed.start < failed.end < last.start
    assert plain.text.count("-->") == 2


def test_a_file_of_which_nothing_is_understood_is_not_sent_again(
    web: Web, redis_client: redis.Redis, ledger: Ledger, sentence: bytes, tmp_path: Path
) -> None:
    path = encoded(sentence * 2, tmp_path / "talk.flac")
    with (
        FakeWorkers(redis_client, ledger, fail=lambda _: True),
        pytest.raises(openai.InternalServerError, match="could not be understood") as caught,
    ):
        client(web).audio.transcriptions.create(file=path, model="whisper-1")
    assert caught.value.response.headers["x-should-retry"] == "false" and caught.value.request_id
    assert sessions(redis_client) == 1, "the client did not try again"


def test_without_a_sentiment_worker_there_are_texts(
    make_web: MakeWeb, redis_client: redis.Redis, ledger: Ledger, sentence: bytes, tmp_path: Path
) -> None:
    web = make_web()
    path = encoded(sentence * 2, tmp_path / "talk.flac")
    with FakeWorkers(redis_client, ledger, sentiment=False):
        answer = client(web).audio.transcriptions.create(file=path, model="whisper-1", response_format="verbose_json")
    assert answer.text == "sentence 1 sentence 2"
    assert [segment.sentiment for segment in answer.segments] == [None, None]


def test_a_damaged_file_says_how_much_could_not_be_read(
    web: Web, workers: FakeWorkers, sentence: bytes, tmp_path: Path
) -> None:
    path = encoded(sentence * 2, tmp_path / "talk.flac")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    answer = client(web).audio.transcriptions.create(file=path, model="whisper-1", response_format="verbose_json")
    whole_s = 2 * len(sentence) / 32_000
    assert answer.text.startswith("sentence 1")
    assert abs(answer.unread_seconds + answer.duration - whole_s) < 0.3 < answer.unread_seconds


def test_files_over_all_routes_share_the_decoders(
    make_web: MakeWeb, redis_client: redis.Redis, ledger: Ledger, sentence: bytes, tmp_path: Path
) -> None:
    # Given a server that works on one file at a time, and one in work that nobody answers
    web = make_web(max_files=1)
    path = encoded(sentence * 8, tmp_path / "talk.flac")
    with FakeWorkers(redis_client, ledger):
        pass
    first = Thread(target=lambda: client(web, 0).audio.transcriptions.create(file=path, model="whisper-1"))
    first.start()
    wait_until(lambda: redis_client.zcard(names.PENDING) == 4, 30, "it was not cut")
    # Expect its upload to lie on the disk, its decoder to stand behind whoever speaks, and others to wait
    assert [fd for fd in Path(f"/proc/{web.process.pid}/fd").iterdir() if "/uploads/" in str(fd.readlink())]
    assert nice_of_children(web) == [min(19, psutil.Process(web.process.pid).nice() + 10)]
    refused = httpx.post(
        f"{web.http_url}/v1/audio/transcriptions", files={"file": path.read_bytes()}, data={"model": "any"}
    )
    assert refused.status_code == 503 and int(refused.headers["retry-after"]) > 0
    assert "x-should-retry" not in refused.headers
    opened = httpx.post(f"{web.http_url}/api/files", json={"size_bytes": 10}).json()
    put = httpx.put(
        f"{web.http_url}/api/files/{opened['session_id']}",
        content=bytes(10),
        headers={"Authorization": f"Bearer {opened['resume_token']}"},
    )
    assert put.status_code == 503 and int(put.headers["retry-after"]) > 0
    # When the first is answered, expect room again
    with FakeWorkers(redis_client, ledger):
        first.join(60)
        assert client(web).audio.transcriptions.create(file=path, model="whisper-1").text.startswith("sentence 1 ")


def nice_of_children(web: Web) -> list[int]:
    pid = web.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[16]) for child in children]


def test_what_was_said_can_be_deleted(
    web: Web, workers: FakeWorkers, ledger: Ledger, sentence: bytes, tmp_path: Path
) -> None:
    path = encoded(sentence, tmp_path / "talk.flac")
    raw = client(web).audio.transcriptions.with_raw_response.create(file=path, model="whisper-1")
    session_id, token = raw.headers["x-request-id"], raw.headers["x-resume-token"]
    assert len(ledger.utterances(session_id)) == 1
    url, headers = f"{web.http_url}/api/sessions/{session_id}", {"Authorization": f"Bearer {token}"}
    assert httpx.delete(url, headers=headers).status_code == 204
    assert ledger.utterances(session_id) == []
