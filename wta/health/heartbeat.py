"""Writes heartbeats: each living process says in Redis who it is and what it can do. presence.py reads them."""

from __future__ import annotations

import json
import logging
import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import redis

from wta import names
from wta.errors import LedgerFormatError
from wta.health.sign_of_life import SignOfLife
from wta.ledger import ensure_format
from wta.messages import UNKNOWN_ABILITIES, Abilities
from wta.settings import Settings

log = logging.getLogger(__name__)

BEAT_S = 2.0
_LETTERS = secrets.token_hex(3)
_TTL_S = 10
_WEB_TTL_S = 5


class Heartbeat:
    """A thread that says every BEAT_S seconds that this worker is alive and which model it runs.

    It says so in Redis, and by a file that the health check and the watchdog look at.
    """

    def __init__(
        self,
        client: redis.Redis,
        kind: str,
        model: str,
        settings: Settings,
        abilities: Abilities = UNKNOWN_ABILITIES,
        rate: Callable[[], float | None] = lambda: None,
    ) -> None:
        self.owner = own_name()
        self._redis = client
        self._kind = kind
        self._rate = rate
        self._says = {"model": model, "abilities": abilities.model_dump(exclude_none=True)}
        self._file = SignOfLife(settings.state_dir, kind)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._file.begin()
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()
        self._file.end()
        sign_off(self._redis, self._kind, self.owner)

    def _beat(self) -> None:
        while not self._stopped.is_set():
            try:
                self._file.show()
                ensure_format(self._redis)
                beat(self._redis, self._kind, self.owner, self._says | {"rate": self._rate()})
            except (redis.RedisError, OSError) as error:
                log.warning("no heartbeat was written: %s", error)
            except LedgerFormatError as error:  # also where Redis was away when this worker started
                log.critical("stopping: %s", error)
                signal.raise_signal(signal.SIGTERM)
                return
            except Exception:  # without heartbeats, the watchdog would end a healthy worker
                log.exception("a heartbeat failed")
            self._stopped.wait(BEAT_S)


def own_name() -> str:
    """The name of this process among all: host, process id, and letters, because cloned machines are named alike."""
    return f"{socket.gethostname()}:{os.getpid()}-{_LETTERS}"


def beat(client: redis.Redis, kind: str, owner: str, says: Mapping[str, Any], ttl_s: int = _TTL_S) -> None:
    """Write one heartbeat, which holds `says` for `ttl_s` seconds. Raises redis.RedisError."""
    with client.pipeline() as pipe:
        pipe.set(names.worker_key(kind, owner), json.dumps(says), ex=ttl_s)
        pipe.sadd(names.workers_key(kind), owner)
        pipe.execute()


def web_beat(client: redis.Redis, owner: str, sessions: Iterable[str], taken: Mapping[str, int]) -> None:
    """Say that this web process is alive, which sessions it serves, and how many connections each address has.

    Raises redis.RedisError.
    """
    beat(client, names.WEB, owner, {"sessions": list(sessions), "taken": dict(taken)}, _WEB_TTL_S)


def sign_off(client: redis.Redis, kind: str, owner: str) -> None:
    """Remove the heartbeat at once, so that nobody counts on this process until its heartbeat runs out."""
    try:
        client.delete(names.worker_key(kind, owner))
    except redis.RedisError:
        log.info("could not sign off: the heartbeat will run out")
