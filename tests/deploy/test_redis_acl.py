"""The whole system as the Redis user that deploy/redis/users.acl describes: nothing it does may be refused."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from redis.exceptions import NoPermissionError

from tests.support.processes import ROOT
from tests.support.speech import espeak
from tests.support.stack import Stack
from tests.support.streaming import finish, start_stream
from tests.support.wait import wait_until
from wta import names
from wta.ledger import Ledger
from wta.metrics import WebMetrics
from wta.redis_client import connect
from wta.settings import Settings

_PASSWORD = "a password for this test"
_ADMIN = "user judge on nopass ~* &* +@all\n"


def write_users(path: Path) -> None:
    """As deploy/redis/prepare.sh does, and one who may read the list of refusals."""
    template = (ROOT / "deploy" / "redis" / "users.acl").read_text()
    users = [line for line in template.splitlines(keepends=True) if line.startswith("user ")]
    digest = hashlib.sha256(_PASSWORD.encode()).hexdigest()
    path.write_text("".join(users).replace("PASSWORD_HASH", digest) + _ADMIN)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("guarded")
    stack = Stack(folder, threads="1", lease_s="2", requeue_s="2")
    write_users(folder / "users.acl")
    stack.redis.process.command += ["--aclfile", str(folder / "users.acl"), "--protected-mode", "no"]
    stack.redis.url = f"redis://wta:{_PASSWORD.replace(' ', '%20')}@127.0.0.1:{stack.redis.port}/0"
    for process in stack.processes.values():
        process.env["WTA_REDIS_URL"] = stack.redis.url
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


def as_user(stack: Stack, user: str | None = None) -> redis.Redis:
    return redis.Redis(port=stack.redis.port, username=user, password="any" if user else None)


def test_nothing_that_the_system_does_is_refused(guarded: Stack, tmp_path: Path) -> None:
    speech = espeak("The weather is wonderful today. I am happy about it.", tmp_path / "speech.wav")
    first = finish(start_stream(guarded.ws_url, speech))
    assert first.exit_code == 0 and first.of("sentiment"), first.stderr
    # A worker dies with work in hand: lease, reconciler, restored Celery messages.
    second = start_stream(guarded.ws_url, speech)
    client = guarded.client()
    wait_until(lambda: client.zcard(names.PENDING), 30, "nothing was queued")
    guarded.kill("stt")
    guarded.restart("stt")
    assert finish(second).exit_code == 0
    settings = Settings(redis_url=guarded.redis.url)
    connection = connect(settings)
    ledger = Ledger(connection, settings)
    assert b"wta_redis_up 1.0" in WebMetrics(connection, ledger, lambda: 0).text()
    ledger.delete_session(first.of("final")[0]["utterance_id"].split(":")[0])
    refused = [(entry["reason"], entry["object"], entry["username"]) for entry in as_user(guarded, "judge").acl_log()]
    assert refused == []


@pytest.mark.parametrize(
    "command",
    [("FLUSHALL",), ("CONFIG", "GET", "*"), ("KEYS", "*"), ("GET", "somebody:else"), ("SHUTDOWN",), ("ACL", "LIST")],
)
def test_the_services_may_do_no_more_than_they_need(guarded: Stack, command: tuple[str, ...]) -> None:
    with pytest.raises(NoPermissionError):
        guarded.client().execute_command(*command)


def test_without_a_password_only_results_can_be_heard(guarded: Stack) -> None:
    anybody = as_user(guarded)
    assert anybody.ping()
    for command in [("GET", "results"), ("XRANGE", "results", "-", "+"), ("SUBSCRIBE", names.SESSION_WAKEUP_CHANNEL)]:
        with pytest.raises(NoPermissionError):
            anybody.execute_command(*command)
    pubsub = anybody.pubsub()
    pubsub.subscribe(names.RESULT_CHANNEL)
    assert wait_until(lambda: pubsub.get_message(timeout=1), 10, "no subscription")["type"] == "subscribe"
