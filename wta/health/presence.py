"""Reads heartbeats: which processes are alive, and what they can do."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any, cast

import redis

from wta import names
from wta.messages import UNKNOWN_ABILITIES, Abilities, Models
from wta.names import WorkerKind


@dataclass(frozen=True)
class Presence:
    """One living process, as its heartbeat describes it."""

    kind: str
    """A WorkerKind, or `names.WEB`."""
    owner: str
    """Host and process id."""
    model: str | None = None
    sessions: tuple[str, ...] = ()
    """Ids of the sessions that a web process serves; empty for workers."""


def slots_taken_elsewhere(client: redis.Redis, owner: str) -> Counter[str]:
    """Address → how many connections it has in all web processes but `owner`. Raises redis.RedisError."""
    taken: Counter[str] = Counter()
    for other, says in _beating(client, names.WEB).items():
        if other != owner:
            taken.update(says.get("taken", {}))
    return taken


def living_processes(client: redis.Redis) -> list[Presence]:
    """Every process whose heartbeat is live, in order of kind and name. Raises redis.RedisError."""
    return [
        Presence(kind, owner, says.get("model"), tuple(says.get("sessions", ())))
        for kind in sorted((*WorkerKind, names.WEB))
        for owner, says in _beating(client, kind).items()
    ]


def living_workers(client: redis.Redis) -> dict[str, list[str]]:
    """Kind of worker → names of those whose heartbeat is live. Raises redis.RedisError."""
    return {kind: list(_beating(client, kind)) for kind in WorkerKind}


def models(client: redis.Redis) -> Models:
    """Which models the living workers run; None where no worker of a kind is alive. Raises redis.RedisError."""
    return Models(stt=_model(client, WorkerKind.STT), sentiment=_model(client, WorkerKind.ANALYZER))


def abilities(client: redis.Redis) -> Abilities:
    """What every living speech worker can do, since an utterance may go to any of them. Raises redis.RedisError."""
    found = [Abilities.model_validate(says.get("abilities", {})) for says in _beating(client, WorkerKind.STT).values()]
    if not found:
        return UNKNOWN_ABILITIES
    languages = (code for code in found[0].languages if all(code in each.languages for each in found))
    tasks = (task for task in found[0].tasks if all(task in each.tasks for each in found))
    return Abilities(languages=tuple(languages), tasks=tuple(tasks), defaults=found[0].defaults)


def rates(client: redis.Redis, kind: WorkerKind) -> list[float | None]:
    """The measured rate (wta/worker/work_rate.py) of each living worker of a kind; None where it has not worked yet.

    Raises redis.RedisError.
    """
    return [says.get("rate") for says in _beating(client, kind).values()]


def _model(client: redis.Redis, kind: WorkerKind) -> str | None:
    return next((str(says["model"]) for says in _beating(client, kind).values()), None)


def _beating(client: redis.Redis, kind: str) -> dict[str, dict[str, Any]]:
    """Owner → what its heartbeat says. An owner whose heartbeat has run out is removed from the list in Redis."""
    owners = sorted(owner.decode() for owner in cast("set[bytes]", client.smembers(names.workers_key(kind))))
    with client.pipeline(transaction=False) as pipe:
        for owner in owners:
            pipe.get(names.worker_key(kind, owner))
        found = dict(zip(owners, pipe.execute(), strict=True))
    if gone := [owner for owner, value in found.items() if value is None]:
        client.srem(names.workers_key(kind), *gone)
    return {owner: json.loads(value) for owner, value in found.items() if value is not None}
