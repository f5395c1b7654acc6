"""Who is at work: heartbeats that the workers write and the web service reads."""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
from pathlib import Path

import redis

from wta import names
from wta.messages import Models
from wta.names import WorkerKind
from wta.settings import Settings

log = logging.getLogger(__name__)

BEAT_S = 2.0
_TTL_S = 10


class Heartbeat:
    """A thread that says "this worker is alive and runs this model", in Redis and as a file for health checks."""

    def __init__(self, client: redis.Redis, kind: str, model: str, settings: Settings) -> None:
        self.owner = f"{socket.gethostname()}:{os.getpid()}"
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
