"""`make run` beside a Redis of somebody else's: ours is another, and theirs is left alone."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.support.redis_server import RedisServer
from wta import names
from wta.cli.run import supervisor_environment
from wta.doctor import State
from wta.doctor.redis_check import check_redis
from wta.redis_access.foreign import why_foreign
from wta.settings import Settings


@pytest.fixture
def theirs(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path / "theirs") as server:
        yield server


def at_the_usual_address(url: str, folder: Path) -> Settings:
    """Settings in which nobody has set WTA_REDIS_URL, as if this Redis had the usual port."""
    settings = Settings(_env_file=None, state_dir=folder / "run", redis_url=url)
    settings.model_fields_set.discard("redis_url")
    return settings


def own_redis(settings: Settings) -> str | None:
    """Address of the Redis that would be started; None where the one that is there would be used."""
    environment = supervisor_environment(settings)
    return environment["WTA_REDIS_URL"] if environment["WTA_OWN_REDIS"] == "true" else None


@pytest.mark.parametrize("whose", ["data", "other database", "password"])
def test_ours_is_started_on_another_port(
    theirs: RedisServer, tmp_path: Path, whose: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given somebody else's Redis at the usual address
    client = theirs.client()
    if whose == "password":
        client.config_set("requirepass", "secret")
    else:
        redis.Redis(port=theirs.port, db=1 if whose == "other database" else 0).set("theirs", "value")
    settings = at_the_usual_address(theirs.url, tmp_path)
    # When everything is to be started, expect a Redis of our own elsewhere, and its address for other commands
    url = own_redis(settings)
    assert url is not None and url != theirs.url
    assert f"export WTA_REDIS_URL={url}" in capsys.readouterr().out
    # Expect the doctor to say it too, and theirs to be as it was
    assert "not ours" in check_redis(settings).detail
    if whose != "password":
        assert sorted(client.info("keyspace")) == (["db1"] if whose == "other database" else ["db0"])
        client.flushall()


def test_what_is_no_redis_at_all_is_not_waited_for(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.listen()
        port = listening.getsockname()[1]
        why = why_foreign(redis.Redis(port=port, socket_timeout=0.2))
    assert why is not None and "refuses" in why


def test_a_redis_that_is_empty_or_holds_our_ledger_is_used(theirs: RedisServer, tmp_path: Path) -> None:
    settings = at_the_usual_address(theirs.url, tmp_path)
    assert own_redis(settings) is None
    theirs.client().mset({names.LEDGER_FORMAT: "2", "more": "of it"})
    assert own_redis(settings) is None


def test_a_redis_that_was_named_is_used_whatever_it_holds(theirs: RedisServer, tmp_path: Path) -> None:
    theirs.client().set("theirs", "value")
    assert own_redis(Settings(_env_file=None, state_dir=tmp_path, redis_url=theirs.url)) is None


def test_a_redis_that_keeps_nothing_on_its_disk_is_said(theirs: RedisServer, tmp_path: Path) -> None:
    theirs.client().config_set("appendonly", "no")
    found = check_redis(at_the_usual_address(theirs.url, tmp_path))
    assert found.state is State.OPTIONAL and "appendonly yes" in found.mend
