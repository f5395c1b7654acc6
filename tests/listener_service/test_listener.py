"""The listener as a process: killed, rotated, stopped, started twice, cut off from Redis."""

from __future__ import annotations

import random
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import redis

from tests.listener_service.listener_runner import ListenerRunner
from tests.support.processes import free_port
from tests.support.redis_server import RedisServer
from tests.support.results import add, failed_result, ids, make_result, result_lines
from tests.support.wait import wait_until
from wta import names

AddResults = Callable[[int], list[str]]


@contextmanager
def feeding(client: redis.Redis, pause_s: float, words: Callable[[], str] = lambda: "word") -> Iterator[list[str]]:
    """Adds results until the block ends, however long a slow machine takes for it; the ids so far."""
    added: list[str] = []
    stop = threading.Event()

    def feed() -> None:
        while not stop.wait(pause_s):
            added.append(add(client, make_result(len(added) + 1, words())))

    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        yield added
    finally:
        stop.set()
        feeder.join()


def test_results_from_before_the_first_start_are_written(listener: ListenerRunner, add_results: AddResults) -> None:
    # Given results before anybody listens
    added = add_results(3)
    # When a listener starts, and more come
    process = listener.start()
    listener.wait_for(3)
    added += add_results(2)
    listener.wait_for(5)

    # Expect all of them in log and console
    assert listener.stop(process) == 0
    assert ids(listener.log) == added
    console = [text for text in listener.output.read_text().splitlines() if '"sentence ' in text]
    assert console == result_lines(listener.log)


def test_a_listener_killed_at_random_loses_and_doubles_nothing(
    listener: ListenerRunner, redis_client: redis.Redis
) -> None:
    # Given results that keep coming
    rng = random.Random(20260131)
    with feeding(redis_client, 0.005, lambda: "word " * rng.randrange(1, 40)) as added:
        # When the listener is killed again and again
        for _ in range(6):
            process, before = listener.start(), len(result_lines(listener.log))
            wait_until(lambda n=before: len(result_lines(listener.log)) > n, 30, "it never began")
            time.sleep(rng.uniform(0, 0.3))
            process.kill()
    listener.start()
    listener.wait_for(len(added))

    # Expect each result once, in order
    assert ids(listener.log) == added


@pytest.mark.parametrize("step", range(1, 17))
def test_a_listener_killed_at_any_step_of_writing_loses_and_doubles_nothing(
    listener: ListenerRunner, add_results: AddResults, step: int
) -> None:
    # Given results, and a listener that dies at one step of writing
    added = add_results(4)
    dying = listener.start("tests.listener_service.killing", WTA_TEST_KILL_AT=str(step))
    wait_until(lambda: not dying.running or len(result_lines(listener.log)) == 4, 20, "neither died nor wrote")
    added += add_results(3)
    wait_until(lambda: not dying.running or len(result_lines(listener.log)) == 7, 20, "neither died nor wrote")
    if step <= 8:  # later steps may be those of a batch that never came
        assert dying.wait(5) == -signal.SIGKILL
    # When the next listener goes on
    dying.kill()
    listener.start()
    added += add_results(1)
    listener.wait_for(8)

    # Expect each result once, in order
    assert ids(listener.log) == added


def test_no_line_is_lost_or_doubled_by_rotation_under_load(listener: ListenerRunner, redis_client: redis.Redis) -> None:
    # Given results that keep coming
    rng = random.Random(7)
    kept: list[Path] = []
    process = listener.start()
    with feeding(redis_client, 0.003) as added:
        # When the log is renamed again and again, and the listener killed now and then
        while len(kept) < 6:
            time.sleep(rng.uniform(0.1, 0.4))
            if rng.random() < 0.3:
                process.kill()
            _shift(kept, listener.rotated)
            if listener.log.exists() and rng.random() < 0.8:
                listener.log.rename(listener.rotated)
            if not process.running:
                process = listener.start()
    listener.wait_for(len(added), *kept, listener.rotated)

    # Expect each result once over all files, in order
    assert ids(*kept, listener.rotated, listener.log) == added


def _shift(kept: list[Path], rotated: Path) -> None:
    """What logrotate does with the older files."""
    if rotated.exists():
        kept.append(rotated.rename(rotated.with_name(f"{rotated.stem}.{len(kept) + 2}")))


def test_no_line_is_lost_or_doubled_by_copytruncate(listener: ListenerRunner, redis_client: redis.Redis) -> None:
    # Given results that keep coming
    kept: list[Path] = []
    listener.start()
    with feeding(redis_client, 0.003) as added:
        listener.wait_for(20)
        # When the log is copied and emptied again and again
        while len(kept) < 5:
            _shift(kept, listener.rotated)
            shutil.copyfile(listener.log, listener.rotated)
            time.sleep(0.02)  # lines that come now are in neither file
            with listener.log.open("r+b") as file:
                file.truncate(0)
            time.sleep(0.4)
    listener.wait_for(len(added), *kept, listener.rotated)

    # Expect each result once over all files, in order
    assert ids(*kept, listener.rotated, listener.log) == added


def test_a_second_listener_of_the_same_log_says_so(listener: ListenerRunner, add_results: AddResults) -> None:
    # Given a listener
    added = add_results(1)
    listener.start()
    listener.wait_for(1)
    # When a second one starts for the same log
    second = listener.start()

    # Expect it to end with a reason, and the first to go on
    assert second.wait(20) == 1
    assert "another listener writes" in listener.output.read_text()
    added += add_results(1)
    listener.wait_for(2)
    assert ids(listener.log) == added


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_with_statistics(
    listener: ListenerRunner, redis_client: redis.Redis, add_results: AddResults, number: int
) -> None:
    # Given a listener that has written results
    add_results(5)
    add(redis_client, failed_result(6))
    process = listener.start(WTA_STATS_EVERY_RESULTS="4")
    listener.wait_for(6)
    # When it is told to stop
    process.signal(number)

    # Expect statistics of all of them as its last line
    assert process.wait(20) == 0
    lines = listener.log.read_text().splitlines()
    statistics = [line for line in lines if line.startswith("# stats ")]
    assert [line.split()[3] for line in statistics] == ["of=latest", "of=all"]
    assert "results=6 POSITIVE=1 NEGATIVE=2 NEUTRAL=2 FAILED=1" in statistics[-1]
    assert statistics[-1] == lines[-1]
    assert statistics[-1] in listener.output.read_text()


def test_statistics_after_a_while_only_when_something_came(listener: ListenerRunner, add_results: AddResults) -> None:
    add_results(2)
    process = listener.start(WTA_STATS_EVERY_S="0.5")
    wait_until(lambda: "of=latest results=2" in listener.log.read_text(), 20, "no statistics came")
    time.sleep(2)
    listener.stop(process)

    assert listener.log.read_text().count("of=latest") == 1


def test_junk_in_the_stream_is_passed_over(
    listener: ListenerRunner, redis_client: redis.Redis, add_results: AddResults
) -> None:
    added = add_results(1)
    for junk in ({"json": b"\xff{"}, {"json": '{"type": "result"}'}, {"other": "field"}):
        redis_client.xadd(names.RESULTS_STREAM, junk)
    added += add_results(1)
    listener.start()
    listener.wait_for(2)

    assert ids(listener.log) == added
    assert listener.output.read_text().count("is not a result") == 3


def test_text_is_redacted_where_settings_say_so(listener: ListenerRunner, redis_client: redis.Redis) -> None:
    add(redis_client, make_result(1, "a secret"))
    process = listener.start(WTA_LOG_TEXT="false")
    listener.wait_for(1)
    listener.stop(process)

    assert "secret" not in listener.log.read_text() + listener.output.read_text()


def test_redis_away_is_waited_out(listener: ListenerRunner, tmp_path: Path) -> None:
    # Given a listener whose Redis is not there
    server = RedisServer(tmp_path / "own-redis")
    process = listener.start(WTA_REDIS_URL=server.url)
    wait_until(lambda: "trying again" in listener.output.read_text(), 20, "it did not say that Redis is away")
    # When Redis comes, dies and comes again
    server.start()
    client = server.client()
    added = [add(client, make_result(1))]
    listener.wait_for(1)
    server.process.kill()
    server.start()
    added.append(add(client, make_result(2)))
    listener.wait_for(2)

    # Expect every result to be written
    assert listener.stop(process) == 0
    assert ids(listener.log) == added
    server.stop()


def test_redis_is_told_how_far_the_log_is(
    listener: ListenerRunner, add_results: AddResults, redis_client: redis.Redis
) -> None:
    # When results are written, expect Redis to know, so that it may forget them
    added = add_results(2)
    listener.start()
    wait_until(lambda: redis_client.get(names.LISTENER_CURSOR) == added[-1].encode(), 20, "the cursor was not told")
    added += add_results(1)
    wait_until(lambda: redis_client.get(names.LISTENER_CURSOR) == added[-1].encode(), 20, "the cursor stood still")


def test_results_that_went_because_of_their_age_are_no_gap(
    listener: ListenerRunner, add_results: AddResults, redis_client: redis.Redis
) -> None:
    # Given a log whose results Redis has forgotten
    process = listener.start()
    add_results(3)
    listener.wait_for(3)
    listener.stop(process)
    redis_client.xtrim(names.RESULTS_STREAM, maxlen=0, approximate=False)
    # When the listener comes back to a newer one, expect no warning
    added = add_results(1)
    listener.start()
    listener.wait_for(4)
    assert ids(listener.log)[-1:] == added and "no longer kept" not in listener.output.read_text()


def test_metrics_say_that_the_log_cannot_be_written(
    listener: ListenerRunner, add_results: AddResults, redis_client: redis.Redis
) -> None:
    # Given a listener whose log is well
    port = free_port()
    listener.start(WTA_METRICS_PORT=str(port))

    def figure(name: str) -> float:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
        return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name} "))

    add_results(1)
    listener.wait_for(1)
    assert figure("wta_log_written") == 1 and 0 < figure("wta_log_disk_free_fraction") <= 1
    # When a folder stands where its log should be, expect this to be told, and its end too
    listener.log.unlink()
    listener.log.mkdir()
    add_results(1)
    wait_until(lambda: figure("wta_log_written") == 0, 20, "it was not told")
    listener.log.rmdir()
    wait_until(lambda: figure("wta_log_written") == 1, 20, "it was not told that it is well again")
