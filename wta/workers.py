"""Who is at work: heartbeats that the workers write and the web service reads."""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import redis

from wta import names
from wta.messages import UNKNOWN_ABILITIES, Abilities, Models
from wta.names import WorkerKind
from wta.settings import Settings

log = logging.getLogger(__name__)

BEAT_S = 2.0
_TTL_S = 10
_WEB_TTL_S = 5


class Heartbeat:
    """A thread that says "this worker is alive and runs this model", in Redis and as a file for health checks."""

    def __init__(
        self,
        client: redis.Redis,
        kind: str,
        model: str,
        settings: Settings,
        abilities: Abilities = UNKNOWN_ABILITIES,
    ) -> None:
        self.owner = own_name()
        self._redis = client
        self._kind = kind
        self._says = {"model": model, "abilities": abilities.model_dump(exclude_none=True)}
        self._file: Path = settings.state_dir / f"{kind}.{os.getpid()}.heartbeat"
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()
        self._file.unlink(missing_ok=True)
        sign_off(self._redis, self._kind, self.owner)

    def _beat(self) -> None:
        while not self._stopped.is_set():
            self._file.touch()
            try:
                beat(self._redis, self._kind, self.owner, self._says)
            except redis.RedisError as error:
                log.warning("no heartbeat: %s", error)
            self._stopped.wait(BEAT_S)


@dataclass(frozen=True)
class Presence:
    """One living process."""

    kind: str
    """A WorkerKind, or names.WEB."""
    owner: str
    """Host and process id."""
    model: str | None = None
    sessions: tuple[str, ...] = ()
    """Of a web process: who speaks."""


def own_name() -> str:
    """Of this process, among all: host and process id."""
    return f"{socket.gethostname()}:{os.getpid()}"


def beat(client: redis.Redis, kind: str, owner: str, says: Mapping[str, Any], ttl_s: int = _TTL_S) -> None:
    """One heartbeat. Raises redis.RedisError."""
    with client.pipeline() as pipe:
        pipe.set(names.worker_key(kind, owner), json.dumps(says), ex=ttl_s)
        pipe.sadd(names.workers_key(kind), owner)
        pipe.execute()


def web_beat(client: redis.Redis, owner: str, sessions: Iterable[str], taken: Mapping[str, int]) -> None:
    """Say that this web process is alive, whom it serves and from where. Raises redis.RedisError."""
    beat(client, names.WEB, owner, {"sessions": list(sessions), "taken": dict(taken)}, _WEB_TTL_S)


def sign_off(client: redis.Redis, kind: str, owner: str) -> None:
    """Take the heartbeat away, so that nobody counts on this process until it runs out."""
    try:
        client.delete(names.worker_key(kind, owner))
    except redis.RedisError:
        log.info("could not sign off, the heartbeat will run out")


def taken_elsewhere(client: redis.Redis, owner: str) -> Counter[str]:
    """Address → how many places it has in all web processes but `owner`. Raises redis.RedisError."""
    taken: Counter[str] = Counter()
    for other, says in _beating(client, names.WEB).items():
        if other != owner:
            taken.update(says.get("taken", {}))
    return taken


def present(client: redis.Redis) -> list[Presence]:
    """Every process with a live heartbeat, in order of kind and name. Raises redis.RedisError."""
    return [
        Presence(kind, owner, says.get("model"), tuple(says.get("sessions", ())))
        for kind in sorted((*WorkerKind, names.WEB))
        for owner, says in _beating(client, kind).items()
    ]


def alive(client: redis.Redis) -> dict[str, list[str]]:
    """Kind of worker → owners with a live heartbeat. Raises redis.RedisError."""
    return {kind: list(_beating(client, kind)) for kind in WorkerKind}


def models(client: redis.Redis) -> Models:
    """Which models the live workers run. Raises redis.RedisError."""
    return Models(stt=_model(client, WorkerKind.STT), sentiment=_model(client, WorkerKind.ANALYZER))


def abilities(client: redis.Redis) -> Abilities:
    """What every live speech worker can do: an utterance may go to any. Raises redis.RedisError."""
    found = [Abilities.model_validate(says.get("abilities", {})) for says in _beating(client, WorkerKind.STT).values()]
    if not found:
        return UNKNOWN_ABILITIES
    languages = (code for code in found[0].languages if all(code in each.languages for each in found))
    tasks = (task for task in found[0].tasks if all(task in each.tasks for each in found))
    return Abilities(languages=tuple(languages), tasks=tuple(tasks), defaults=found[0].defaults)


def _model(client: redis.Redis, kind: WorkerKind) -> str | None:
    return next((str(says["model"]) for says in _beating(client, kind).values()), None)


def _beating(client: redis.Redis, kind: str) -> dict[str, dict[str, Any]]:
    """Owner → what its heartbeat says. Who has stopped without a word is taken off the list."""
    owners = sorted(owner.decode() for owner in cast("set[bytes]", client.smembers(names.workers_key(kind))))
    with client.pipeline(transaction=False) as pipe:
        for owner in owners:
            pipe.get(names.worker_key(kind, owner))
        found = dict(zip(owners, pipe.execute(), strict=True))
    if gone := [owner for owner, value in found.items() if value is None]:
        client.srem(names.workers_key(kind), *gone)
    return {owner: json.loads(value) for owner, value in found.items() if value is not None}
