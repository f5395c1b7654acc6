"""Who is at work: heartbeats that the workers write and the web service reads."""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from wta import names
from wta.messages import Models
from wta.names import WorkerKind
from wta.settings import Settings

log = logging.getLogger(__name__)

BEAT_S = 2.0
_TTL_S = 10
_SCAN = 1000
"""Keys looked at in one step: a full ledger is gone through in few."""


class Heartbeat:
    """A thread that says "this worker is alive and runs this model", in Redis and as a file for health checks."""

    def __init__(self, client: redis.Redis, kind: WorkerKind, model: str, settings: Settings) -> None:
        self.owner = own_name()
        self._redis = client
        self._key = names.worker_key(kind, self.owner)
        self._value = json.dumps({"model": model})
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
        try:
            self._redis.delete(self._key)
        except redis.RedisError:
            log.info("could not sign off, the heartbeat will run out")

    def _beat(self) -> None:
        while not self._stopped.is_set():
            self._file.touch()
            try:
                self._redis.set(self._key, self._value, ex=_TTL_S)
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


def web_beat(client: redis.Redis, owner: str, sessions: Iterable[str]) -> None:
    """Say that this web process is alive, and whom it serves. Raises redis.RedisError."""
    client.set(names.worker_key(names.WEB, owner), json.dumps({"sessions": list(sessions)}), ex=_TTL_S)


def present(client: redis.Redis) -> list[Presence]:
    """Every process with a live heartbeat, in order of kind and name. Raises redis.RedisError."""
    keys = sorted(client.scan_iter(names.worker_key("*", "*"), count=_SCAN))
    with client.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.get(key)
        values = pipe.execute()
    return [_presence(key, json.loads(value)) for key, value in zip(keys, values, strict=True) if value]


def _presence(key: bytes, says: dict[str, Any]) -> Presence:
    _, kind, owner = key.decode().split(":", 2)
    return Presence(kind, owner, says.get("model"), tuple(says.get("sessions", ())))


def alive(client: redis.Redis) -> dict[str, list[str]]:
    """Kind of worker → owners with a live heartbeat. Raises redis.RedisError."""
    return {
        kind: [key.decode().split(":", 2)[2] for key in client.scan_iter(names.worker_key(kind, "*"))]
        for kind in WorkerKind
    }


def models(client: redis.Redis) -> Models:
    """Which models the live workers run. Raises redis.RedisError."""
    return Models(stt=_model(client, WorkerKind.STT), sentiment=_model(client, WorkerKind.ANALYZER))


def _model(client: redis.Redis, kind: WorkerKind) -> str | None:
    for key in client.scan_iter(names.worker_key(kind, "*")):
        if raw := client.get(key):
            return str(json.loads(raw)["model"])
    return None
