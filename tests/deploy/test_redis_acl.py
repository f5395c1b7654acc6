"""The whole system as the Redis user that deploy/redis/users.acl describes: nothing it does may be refused.

It also asks for keys and logs everything it can: no log but result_listener.log may hold a secret or a word said.
"""

from __future__ import annotations

import hashlib
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import redis
from redis.exceptions import AuthenticationError, NoPermissionError

from tests.fastapi_service.speaker import Speaker
from tests.support.ledger_entries import not_understood
from tests.support.processes import ROOT
from tests.support.receiver import Receiver
from tests.support.speech import espeak
from tests.support.stack import Stack
from tests.support.streaming import finish, start_stream
from tests.support.wait import wait_until
from wta import names
from wta.keys import hash_secret, new_key
from wta.ledger import Ledger
from wta.metrics import WebMetrics
from wta.redis_access.clients import connect
from wta.settings import Settings
from wta.webhooks import new_secret

_PASSWORD = "a password for this test"
_KEY, _ADMIN_KEY, _READER = new_key(), new_key(), new_key()
_SECRET, _PATH = new_secret(), "t0ken-in-a-path"
_ADMIN = "user judge on nopass ~* &* +@all\n"


def write_users(path: Path) -> None:
    """Write the users as deploy/redis/prepare.sh does, and one more who may read the list of refusals."""
    template = (ROOT / "deploy" / "redis" / "users.acl").read_text()
    users = [line for line in template.splitlines(keepends=True) if line.startswith("user ")]
    digest = hashlib.sha256(_PASSWORD.encode()).hexdigest()
    path.write_text("".join(users).replace("PASSWORD_HASH", digest) + _ADMIN)


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """Somebody who is told of results, and fails at first."""
    receiver = Receiver()
    receiver.answer = lambda _: 500 if len(receiver.deliveries) == 1 else 200
    yield receiver
    receiver.close()


@pytest.fixture(scope="module")
def guarded(receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("guarded")
    keys = {"api_keys": f"anna:{hash_secret(_KEY)}", "reader_keys": f"eve:{hash_secret(_READER)}"}
    keys["admin_keys"] = f"carl:{hash_secret(_ADMIN_KEY)}"
    hooks = {"webhook_urls": f"{receiver.url}/{_PATH}", "webhook_secret": _SECRET, "webhook_retry_s": "0.1"}
    stack = Stack(folder, threads="1", lease_s="2", requeue_s="2", log_level="DEBUG", **keys, **hooks)
    stack.add("webhooks", ["webhook_worker"])
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


def bearer(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}


def test_nothing_that_the_system_does_is_refused_or_told(
    guarded: Stack, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WTA_API_KEY", _KEY)
    speech = espeak("The weather is wonderful today. I am happy about it.", tmp_path / "speech.wav")
    first = finish(start_stream(guarded.ws_url, speech))
    assert first.exit_code == 0 and first.of("sentiment"), first.stderr
    # Everybody's results are read from elsewhere, and somebody else's server is told.
    after_nothing = bearer(_READER) | {"Last-Event-ID": "0-0"}
    with httpx.stream("GET", f"{guarded.http_url}/api/results/events", headers=after_nothing, timeout=20) as events:
        assert any("wonderful" in line for line in events.iter_lines() if line.startswith("data:") or not line)
    wait_until(lambda: len(receiver.deliveries) > 1, 30, "nobody was told")
    assert "wonderful" in str([delivery.verified(_SECRET) for delivery in receiver.deliveries])
    # A worker hangs and dies with work in hand: lease, reconciler, restored Celery messages.
    guarded.processes["stt"].signal(signal.SIGSTOP)
    second = start_stream(guarded.ws_url, speech)
    client = guarded.client()
    wait_until(lambda: client.zcard(names.PENDING), 30, "nothing was queued")
    guarded.kill("stt")
    guarded.restart("stt")
    assert finish(second).exit_code == 0
    # A browser comes with a token, and has its talk deleted.
    token = httpx.post(f"{guarded.http_url}/api/token", headers=bearer(_KEY)).json()["token"]
    with Speaker(guarded.ws_url, token=token) as browser:
        ready = browser.start()
        session = f"{guarded.http_url}/api/sessions/{ready['session_id']}"
        assert httpx.get(session, headers=bearer(ready["resume_token"])).status_code == 200
        assert httpx.delete(session, headers=bearer(ready["resume_token"])).status_code == 204
    settings = Settings(redis_url=guarded.redis.url)
    connection = connect(settings)
    ledger = Ledger(connection, settings)
    assert b"wta_redis_up 1.0" in WebMetrics(connection, ledger, lambda: 0).text()
    # Somebody looks at the dashboard, and has one that failed tried again, and one dismissed.
    guarded.processes["stt"].signal(signal.SIGSTOP)  # else it may claim them before they are given up here
    again, rest = (not_understood(ledger, ledger.open_session(16_000)) for _ in range(2))
    guarded.processes["stt"].signal(signal.SIGCONT)
    dashboard = f"{guarded.http_url}/api/dashboard"
    admin = httpx.post(f"{dashboard}/session", headers=bearer(_ADMIN_KEY)).json()["token"]
    assert httpx.get(dashboard, headers=bearer(admin)).json()["dead"] == 2
    assert httpx.post(f"{dashboard}/dead/{again}/retry", headers=bearer(admin)).status_code == 202
    assert httpx.delete(f"{dashboard}/dead/{rest}", headers=bearer(admin)).status_code == 204
    wait_until(lambda: not client.zcard(names.PENDING), 30, "it is not tried again")
    assert ledger.delete_session(first.of("final")[0]["utterance_id"].split(":")[0])
    refused = [(entry["reason"], entry["object"], entry["username"]) for entry in as_user(guarded, "judge").acl_log()]
    assert refused == []
    # What was said, and what nobody may know, is in no log; the listener's console shows the lines of its log.
    assert "DEBUG" in guarded.processes["web"].log.read_text(), "this is to be the most that is ever logged"
    results = guarded.result_log.read_text()
    assert "wonderful" in results
    secrets = (
        token, ready["resume_token"], admin, _KEY, hash_secret(_KEY), _ADMIN_KEY, _READER, hash_secret(_READER),
        _SECRET,
    )  # fmt: skip
    for secret in ("wonderful", "weather", "happy", *secrets, _PATH, _PASSWORD):
        assert secret not in results or secret in first.texts()[speech.name]
        for process in (*guarded.processes.values(), guarded.redis.process):
            told = [line for line in process.log.read_text().splitlines() if secret in line and line not in results]
            assert told == [], process.name


@pytest.mark.parametrize(
    "command",
    [("FLUSHALL",), ("CONFIG", "GET", "*"), ("KEYS", "*"), ("GET", "somebody:else"), ("SHUTDOWN",), ("ACL", "LIST")],
)
def test_the_services_may_do_no_more_than_they_need(guarded: Stack, command: tuple[str, ...]) -> None:
    with pytest.raises(NoPermissionError):
        guarded.client().execute_command(*command)


def test_what_was_written_is_there_after_a_crash_of_redis(
    guarded: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis reads its append-only file as the user `default`: what that one may not do would be gone."""
    # Given somebody who has spoken
    monkeypatch.setenv("WTA_API_KEY", _KEY)
    speech = espeak("This must still be there after the crash.", tmp_path / "speech.wav")
    spoken = finish(start_stream(guarded.ws_url, speech))
    judge = as_user(guarded, "judge")
    uid = spoken.of("final")[0]["utterance_id"]

    def written() -> list[object]:
        hashes = (names.utterance_key(uid), names.session_key(uid.split(":")[0]))
        return [judge.hgetall(key) for key in hashes] + [judge.xrange(names.RESULTS_STREAM)]

    before = written()
    assert all(before)
    # When Redis is killed and started again
    guarded.redis.process.kill()
    guarded.redis.process.start()
    wait_until(judge.ping, 20, "redis-server does not answer")
    # Expect the same in it
    assert written() == before


def test_without_a_password_only_results_can_be_heard(guarded: Stack) -> None:
    # When somebody comes without a password, expect a refusal
    with pytest.raises(AuthenticationError):
        as_user(guarded).ping()
    # When somebody comes as the open user, expect results on the channel and nothing else
    anybody = as_user(guarded, "reader")
    assert anybody.ping()
    for command in [("GET", "results"), ("XRANGE", "results", "-", "+"), ("SUBSCRIBE", names.SESSION_WAKEUP_CHANNEL)]:
        with pytest.raises(NoPermissionError):
            anybody.execute_command(*command)
    pubsub = anybody.pubsub()
    pubsub.subscribe(names.RESULT_CHANNEL)
    assert wait_until(lambda: pubsub.get_message(timeout=1), 10, "no subscription")["type"] == "subscribe"
