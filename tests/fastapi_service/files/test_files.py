"""`/api/files`: the real service, Redis and decoder; the workers' part is done by the test."""

from __future__ import annotations

import signal
from pathlib import Path

import httpx
import pytest
import redis

from tests.fastapi_service.answers import answer_all
from tests.fastapi_service.fake_workers import FakeWorkers
from tests.fastapi_service.files.sender import ANSWER_S, Sender, bearer, open_files
from tests.fastapi_service.web_service import MakeWeb, Web
from tests.support.encoded_audio import encoded
from tests.support.redis_server import RedisServer
from tests.support.wait import wait_until
from wta import names
from wta.ledger import Ledger
from wta.settings import Settings

Opened = dict[str, str]


@pytest.mark.parametrize("kind", ["wav", "mp3", "flac", "m4a", "webm"])
def test_every_kind_of_file_becomes_sentences(
    web: Web, workers: FakeWorkers, sentence: bytes, tmp_path: Path, kind: str
) -> None:
    # When a file of two sentences is sent
    sender = Sender(web)
    sender.send(encoded(sentence * 2, tmp_path / f"talk.{kind}"))

    done = sender.wait("done")

    # Expect its sentences with their sentiment, its length, and no file left behind
    assert sender.texts() == ["sentence 1", "sentence 2"]
    assert [e["label"] for e in done["events"] if e["type"] == "sentiment"] == ["POSITIVE", "POSITIVE"]
    assert abs(done["heard_s"] - len(sentence * 2) / 32_000) < 0.3 and done["unfinished"] == 0
    if kind != "webm":
        assert done["duration_s"] is None or abs(done["duration_s"] - done["heard_s"]) < 0.5
    newest = done["events"][-1]["event_id"]
    assert sender.view(newest).json()["events"] == []
    wait_until(lambda: not open_files(web), 5, "the file is still there")


def test_a_long_file_stands_before_nobody_and_is_seen_as_it_goes(
    web: Web, workers: FakeWorkers, sentence: bytes, tmp_path: Path
) -> None:
    sender = Sender(web)
    sender.send(encoded(sentence * 12, tmp_path / "long.flac"))
    early = wait_until(lambda: (v := sender.view().json())["events"] and v, ANSWER_S, "no sentence")
    assert early["state"] in {"working", "done"}
    sender.wait("done")
    assert sender.texts() == [f"sentence {n}" for n in range(1, 13)]
    assert 0 < workers.most_waiting <= 6


def test_cancelling_ends_the_work_and_keeps_what_was_cut(
    web: Web, redis_client: redis.Redis, ledger: Ledger, sentence: bytes, tmp_path: Path
) -> None:
    # Given a file in work
    sender = Sender(web)
    sender.send(encoded(sentence * 20, tmp_path / "long.flac"))  # nobody answers, so four sentences wait
    wait_until(lambda: redis_client.zcard(names.PENDING) == 4, ANSWER_S, "it was not cut")
    assert sender.state() == "working" and len(open_files(web)) == 1

    # When it is cancelled
    assert sender.cancel() == 204

    # Expect the work to end, and answers to what was cut already
    wait_until(lambda: not open_files(web), ANSWER_S, "the work goes on")
    view = sender.wait("cancelled")
    assert view["unfinished"] == 4
    answer_all(ledger, sender.session_id, "what was cut")
    assert sender.texts() == ["what was cut"] * 4 and sender.view().json()["unfinished"] == 0


def test_after_a_restart_the_file_goes_on_where_it_was(
    make_web: MakeWeb, redis_client: redis.Redis, ledger: Ledger, sentence: bytes, tmp_path: Path
) -> None:
    # Given a service that dies with a file in hand, of which some sentences were cut
    path = encoded(sentence * 8, tmp_path / "talk.flac")
    first = make_web()
    sender = Sender(first)
    sender.send(path)
    wait_until(lambda: redis_client.zcard(names.PENDING) == 4, ANSWER_S, "it was not cut")
    first.process.kill()
    answer_all(ledger, sender.session_id, "before")

    # When the next one is asked
    second = make_web()
    sender.url = f"{second.http_url}/api/files"

    # Expect it to say what happened, what was cut to be answered, and the same file to go on behind it
    sender.wait("interrupted")
    assert sender.texts() == ["before"] * 4
    with FakeWorkers(redis_client, ledger):
        assert sender.put(path.read_bytes()).status_code == 202
        sender.wait("done")
    assert sender.texts() == ["before"] * 4 + [f"sentence {n}" for n in (5, 6, 7, 8)]
    starts = [u.start_s for u in ledger.utterances(sender.session_id)]
    period_s = len(sentence) / 32_000
    assert all(abs(start - (starts[0] + n * period_s)) < 0.2 for n, start in enumerate(starts))


def test_a_file_outlives_a_restart_of_redis(
    make_web: MakeWeb, settings: Settings, sentence: bytes, tmp_path: Path
) -> None:
    with RedisServer(tmp_path / "redis") as own:
        client, sender = own.client(), Sender(make_web(own.url))
        sender.send(encoded(sentence * 8, tmp_path / "talk.flac"))
        wait_until(lambda: client.zcard(names.PENDING) == 4, ANSWER_S, "it was not cut")
        own.stop()
        own.start()
        with FakeWorkers(client, Ledger(client, settings)):
            sender.wait("done")
        assert sender.texts() == [f"sentence {n}" for n in range(1, 9)]


def test_a_file_is_interrupted_at_once_where_its_server_stops_in_order(
    make_web: MakeWeb, web: Web, redis_client: redis.Redis, sentence: bytes, tmp_path: Path
) -> None:
    leaving = make_web()
    sender = Sender(leaving)
    sender.send(encoded(sentence * 8, tmp_path / "talk.flac"))
    wait_until(lambda: redis_client.zcard(names.PENDING) == 4, ANSWER_S, "it was not cut")
    assert leaving.process.stop() == -signal.SIGTERM
    assert "Traceback" not in leaving.log()
    sender.url = f"{web.http_url}/api/files"
    assert sender.state() == "interrupted"


def test_of_a_file_that_was_cut_short_it_is_said_how_much_is_missing(
    web: Web, workers: FakeWorkers, sentence: bytes, tmp_path: Path
) -> None:
    path = encoded(sentence * 2, tmp_path / "talk.flac")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    sender = Sender(web)
    sender.send(path)
    done = sender.wait("done")
    assert sender.texts()[0] == "sentence 1" and done["problem"] is None
    assert abs(done["unread_s"] + done["heard_s"] - 2 * len(sentence) / 32_000) < 0.3 < done["unread_s"]


def test_without_a_sentiment_worker_a_file_is_done_with_its_texts(
    make_web: MakeWeb, redis_client: redis.Redis, ledger: Ledger, sentence: bytes, tmp_path: Path
) -> None:
    sender = Sender(make_web())
    with FakeWorkers(redis_client, ledger, sentiment=False):
        sender.send(encoded(sentence * 6, tmp_path / "talk.flac"))
        sender.wait("done", 60)
    assert sender.texts() == [f"sentence {n}" for n in range(1, 7)]


@pytest.mark.parametrize("content", [b"no audio", b"RIFF\xff\xff\xff\xffWAVEfmt ", bytes(100_000)])
def test_a_file_that_is_no_audio_fails_in_words(web: Web, workers: FakeWorkers, content: bytes) -> None:
    sender = Sender(web)
    sender.open(len(content))
    assert sender.put(content).status_code == 202
    view = sender.wait("failed")
    assert view["problem"] == "not_audio" and "cannot be read as audio" in view["message"]
    wait_until(lambda: not open_files(web), 5, "the file is still there")


def test_a_file_of_silence_is_done_without_a_sentence(web: Web, workers: FakeWorkers, tmp_path: Path) -> None:
    sender = Sender(web)
    sender.send(encoded(bytes(64_000), tmp_path / "silence.wav"))
    assert sender.wait("done")["events"] == []


def test_a_deleted_session_ends_the_work_and_leaves_nothing(
    web: Web, redis_client: redis.Redis, sentence: bytes, tmp_path: Path
) -> None:
    sender = Sender(web)
    sender.send(encoded(sentence * 20, tmp_path / "long.flac"))
    wait_until(lambda: redis_client.zcard(names.PENDING) == 4, ANSWER_S, "it was not cut")
    url = f"{web.http_url}/api/sessions/{sender.session_id}"
    assert httpx.delete(url, headers=bearer(sender.token)).status_code == 204
    wait_until(lambda: not open_files(web), ANSWER_S, "the work goes on")
    assert not [key for key in redis_client.scan_iter() if sender.session_id.encode() in key]
    assert sender.view().status_code == 404


def test_half_an_hour_needs_no_more_memory_than_a_minute(
    make_web: MakeWeb, workers: FakeWorkers, redis_client: redis.Redis, sentence: bytes, tmp_path: Path
) -> None:
    """It is the service's own memory: the file (300 MB) is on the disk, and the decoder is a process of its own."""
    # Given a file of a minute and one of half an hour
    web = make_web()
    minute = encoded(sentence * 8, tmp_path / "minute.wav")
    times = round(30 * 60 * 32_000 / len(sentence))
    long = encoded(sentence * times, tmp_path / "long.wav")
    assert long.stat().st_size > 300_000_000

    def send(path: Path) -> Sender:
        sender = Sender(web)
        sender.open(path.stat().st_size)
        with path.open("rb") as file:
            headers = bearer(sender.token) | {"Content-Length": str(path.stat().st_size)}
            httpx.put(f"{sender.url}/{sender.session_id}", content=file, headers=headers, timeout=120)
        sender.wait("done", 240)
        return sender

    # When both are sent, one after the other
    send(minute)
    before_kb = peak_kb(web)
    sender = send(long)
    # Expect all sentences, and no more memory for the longer one
    assert len(ledger_texts(sender)) == times
    assert peak_kb(web) - before_kb < 60_000


def ledger_texts(sender: Sender) -> list[str]:
    """The texts of a file, read a page of events at a time."""
    texts, after = [], "0-0"
    while events := sender.view(after).json()["events"]:
        texts += [event["text"] for event in events if event["type"] == "final"]
        after = events[-1]["event_id"]
    return texts


def peak_kb(web: Web) -> int:
    """Most resident memory the process ever had (VmHWM)."""
    rows = Path(f"/proc/{web.process.pid}/status").read_text().splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("VmHWM"))
