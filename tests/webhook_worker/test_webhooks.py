"""Results reach somebody else's server: signed, at least once, whatever fails or dies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable

import httpx
import pytest
import redis
from standardwebhooks import WebhookVerificationError

from tests.support.processes import free_port
from tests.support.receiver import Delivery, Receiver
from tests.support.results import add, failed_result, make_result
from tests.support.wait import wait_until
from tests.webhook_worker.webhook_workers import WebhookWorkers
from webhook_worker.deliveries import Claims, Deliveries
from wta import names
from wta.ledger import Ledger
from wta.messages import Result
from wta.settings import Settings
from wta.webhooks import new_secret

Say = Callable[[int], list[str]]


def test_every_result_is_told_once_and_signed(
    workers: WebhookWorkers, receiver: Receiver, redis_client: redis.Redis, say: Say
) -> None:
    say(1)  # before anybody was to be told
    workers.start()
    expected = say(2)
    failed = f"res_{add(redis_client, failed_result(9))}"
    wait_until(lambda: len(receiver.deliveries) >= 3, 20, "nobody was told")
    workers.wait_until_nothing_is_owed()
    assert sorted(receiver.ids()) == sorted([*expected, failed])
    for delivery in receiver.deliveries:
        told = delivery.verified(workers.secret)
        result = Result.model_validate(told["data"])
        assert told["type"] == f"result.{result.status}" and told["timestamp"].endswith("Z")
        with pytest.raises(WebhookVerificationError):
            delivery.verified(new_secret())
        with pytest.raises(WebhookVerificationError):
            Delivery(delivery.path, delivery.headers, delivery.body.replace(b"result", b"Result")).verified(
                workers.secret
            )
    # Neither what was said nor the address nor the secret is in the log.
    for secret in ("a secret sentence", "t0ken", workers.secret, workers.secret.removeprefix("whsec_")):
        assert secret not in workers.log()


def test_a_server_that_fails_is_told_again(workers: WebhookWorkers, receiver: Receiver, say: Say) -> None:
    failures: Counter[str] = Counter()

    def fails_twice(delivery: Delivery) -> int:
        failures[delivery.id] += 1
        return (500, 302, 200)[min(2, failures[delivery.id] - 1)]

    receiver.answer = fails_twice
    workers.start()
    expected = say(3)
    wait_until(lambda: len(receiver.deliveries) >= 9, 30, "it was not told again")
    workers.wait_until_nothing_is_owed()
    assert Counter(receiver.ids()) == dict.fromkeys(expected, 3)
    assert {delivery.path for delivery in receiver.deliveries} == {"/hook/t0ken"}, "a redirect was followed"
    for one in expected:  # each attempt is the same message, with a time of its own
        bodies = {d.body for d in receiver.deliveries if d.id == one}
        assert len(bodies) == 1
    assert "not arrived" in workers.log() and "status 500" in workers.log()


def test_what_never_arrives_is_given_up_where_everybody_sees_it(
    workers: WebhookWorkers, receiver: Receiver, redis_client: redis.Redis, say: Say
) -> None:
    receiver.answer = lambda _: 500
    port = free_port()
    workers.start(webhook_max_attempts="3", metrics_port=str(port))
    (lost,) = say(1)
    wait_until(lambda: redis_client.zcard(names.WEBHOOKS_DEAD) == 1, 30, "it was not given up")
    assert receiver.ids() == [lost] * 3 and redis_client.zcard(names.WEBHOOKS_PENDING) == 0
    assert "given up delivery=" in workers.log() and " ERROR " in workers.log()
    metrics = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    assert 'wta_webhook_attempts_total{outcome="given_up"} 1.0' in metrics
    assert 'wta_webhook_attempts_total{outcome="failed"} 2.0' in metrics
    # One that is gone for good is not asked twice.
    receiver.answer = lambda _: 410
    (gone,) = say(1)
    wait_until(lambda: redis_client.zcard(names.WEBHOOKS_DEAD) == 2, 30, "it was not given up")
    assert receiver.ids().count(gone) == 1


def test_what_was_given_up_is_sent_again_on_demand(workers: WebhookWorkers, receiver: Receiver, say: Say) -> None:
    receiver.answer = lambda _: 410
    workers.start()
    lost = set(say(3))
    wait_until(lambda: len(command(workers, "list").stdout.splitlines()) == 3, 30, "they were not given up")
    receiver.answer = lambda _: 200
    before = len(receiver.deliveries)
    delivery = command(workers, "list").stdout.split()[0]
    assert "1 will be sent again" in command(workers, "retry", delivery).stdout
    assert f"forgotten: {delivery}" in command(workers, "retry", delivery).stderr
    assert "Say which" in command(workers, "retry").stderr
    assert "2 will be sent again" in command(workers, "retry", "--all").stdout
    assert "0 will be sent again" in command(workers, "retry", "--all").stdout
    wait_until(lambda: len(receiver.deliveries) >= before + 3, 30, "they were not sent again")
    workers.wait_until_nothing_is_owed()
    assert set(receiver.ids()[before:]) == lost and len(receiver.deliveries) == before + 3


def command(workers: WebhookWorkers, *words: str) -> subprocess.CompletedProcess[str]:
    """As an operator has it in a container."""
    line = [sys.executable, "-m", "wta.cli.webhooks", *words]
    return subprocess.run(line, check=False, env=os.environ | workers.env, capture_output=True, text=True, timeout=60)


def test_a_worker_that_is_killed_loses_nothing(workers: WebhookWorkers, receiver: Receiver, say: Say) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def hangs(_: Delivery) -> int:
        asked.set()
        go_on.wait(20)
        return 200

    receiver.answer = hangs
    process = workers.start()
    expected = say(8)  # more than are in hand at a time: some are requests, some wait
    assert asked.wait(20)
    process.kill()
    expected += say(2)  # nobody is there
    go_on.set()
    receiver.answer = lambda _: 200
    before = len(receiver.deliveries)
    workers.start()
    wait_until(lambda: set(receiver.ids()) >= set(expected), 40, "something is lost")
    workers.wait_until_nothing_is_owed()
    again = Counter(receiver.ids()[before:])
    assert set(again) == set(expected) and max(again.values()) == 1, "told more often than the kill explains"


def test_two_workers_tell_each_result_once(workers: WebhookWorkers, receiver: Receiver, say: Say) -> None:
    workers.start()
    workers.start()
    expected = say(40)
    wait_until(lambda: len(receiver.deliveries) >= 40, 30, "not all were told")
    workers.wait_until_nothing_is_owed()
    assert Counter(receiver.ids()) == dict.fromkeys(expected, 1)


def test_an_address_that_hangs_does_not_delay_another(workers: WebhookWorkers, receiver: Receiver, say: Say) -> None:
    go_on = threading.Event()
    hanging = Receiver()
    hanging.answer = lambda _: 200 if go_on.wait(30) else 500
    try:
        workers.start(webhook_urls=f"{hanging.url}/,{receiver.url}/", webhook_timeout_s="20")
        expected = say(40)
        wait_until(lambda: len(receiver.deliveries) >= 40, 10, "the other address waits for the one that hangs")
        assert sorted(receiver.ids()) == sorted(expected)
        assert len(hanging.deliveries) == 4, "no more requests are in flight for one address"
    finally:
        go_on.set()
        hanging.close()


def test_a_long_backlog_of_one_address_does_not_hide_another(redis_client: redis.Redis, settings: Settings) -> None:
    # Given an address that has no slot free, and more owed to it than one look sees
    redis_client.zadd(names.WEBHOOKS_PENDING, {f"aaaaaaaa:{n}-0": n for n in range(2500)})
    redis_client.zadd(names.WEBHOOKS_PENDING, {"bbbbbbbb:1-0": 9999})
    deliveries, looks = Deliveries(redis_client, settings), list[Claims]()
    # When somebody looks for as long as more is due
    while not looks or looks[-1].more:
        looks.append(deliveries.claim_due({"aaaaaaaa": 0, "bbbbbbbb": 4}))
    # Expect the other address to be served, in a few looks, and nothing to be lost
    assert [look.claimed for look in looks] == [[], [], [("bbbbbbbb:1-0", 1)]]
    assert redis_client.zcard(names.WEBHOOKS_PENDING) == 2501


def test_what_one_process_has_claimed_no_other_gets(redis_client: redis.Redis, settings: Settings) -> None:
    redis_client.zadd(names.WEBHOOKS_PENDING, {f"aaaaaaaa:{n}-0": n for n in range(6)})
    one, other = Deliveries(redis_client, settings), Deliveries(redis_client, settings)
    assert one.claim_due({"aaaaaaaa": 4}).claimed == [(f"aaaaaaaa:{n}-0", 1) for n in range(4)]
    assert other.claim_due({"aaaaaaaa": 4}).claimed == [(f"aaaaaaaa:{n}-0", 1) for n in range(4, 6)]
    assert other.claim_due({"aaaaaaaa": 4}).claimed == []


def test_the_command_of_older_manifests_starts_the_same_process(
    workers: WebhookWorkers, receiver: Receiver, say: Say
) -> None:
    process = workers.start("celery -A webhook_worker:celery_app worker --concurrency=4 --pool=threads")
    expected = say(3)
    wait_until(lambda: len(receiver.deliveries) >= 3, 20, "nobody was told")
    assert sorted(receiver.ids()) == sorted(expected)
    assert process.stop() == 0


def test_junk_among_what_is_owed_does_nothing(
    workers: WebhookWorkers, receiver: Receiver, redis_client: redis.Redis, say: Say
) -> None:
    workers.start()
    redis_client.lpush("webhook_queue", "a message that a worker of an older version has left")
    redis_client.zadd(names.WEBHOOKS_PENDING, dict.fromkeys(("", "nonsense", "ffffffff:1-1", "x" * 1000), 0.0))
    redis_client.xadd(names.RESULTS_STREAM, {"json": "not a result"})
    expected = say(1)
    wait_until(lambda: receiver.ids() == expected, 20, "nobody was told")
    workers.wait_until_nothing_is_owed()


def test_of_a_deleted_session_nothing_more_is_told(
    workers: WebhookWorkers, receiver: Receiver, redis_client: redis.Redis, settings: Settings, say: Say
) -> None:
    receiver.answer = lambda _: 500
    workers.start(webhook_retry_s="1")
    entry = add(redis_client, make_result(1, session=(sid := "5e5510a00000000d")))
    wait_until(lambda: receiver.deliveries, 20, "nobody was told")
    redis_client.hset(names.session_key(sid), mapping={"next_seq": 2})
    redis_client.hset(names.utterance_key(f"{sid}:1"), mapping={"result_entry": entry})
    assert Ledger(redis_client, settings).delete_session(sid)
    workers.wait_until_nothing_is_owed()
    assert redis_client.zcard(names.WEBHOOKS_DEAD) == 0 and "its result is gone" in workers.log()


def test_without_an_address_the_worker_says_so(workers: WebhookWorkers) -> None:
    with pytest.raises(AssertionError, match="names no address"):
        workers.start(webhook_urls="")


def test_what_is_told_is_what_the_channel_has(
    workers: WebhookWorkers, receiver: Receiver, redis_client: redis.Redis
) -> None:
    workers.start()
    result = make_result(1, 'Ça va? 안녕하세요 \u2028 "quoted" \\ /')
    add(redis_client, result)
    wait_until(lambda: receiver.deliveries, 20, "nobody was told")
    told = json.loads(receiver.deliveries[0].body)
    assert told["data"] == json.loads(result.to_json())
    assert receiver.deliveries[0].verified(workers.secret) == told
