"""How far a file is, in Redis: any web process can be asked, and one that dies takes no knowledge with it."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import Any, cast

import redis
from pydantic import BaseModel

from wta import names
from wta.settings import Settings

_SILENT_S = 10.0
"""Without a sign of life for so long, the process that had the file is gone."""


class FileStage(StrEnum):
    """Where a file stands. WORKING and UPLOADING need somebody who works; the others are how it was left."""

    WAITING = "waiting"
    """For its bytes."""
    UPLOADING = "uploading"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    """The server was restarted; sent again, the file goes on where it was."""


class FileProblem(StrEnum):
    """Why a file failed, for pages that have their own words for it."""

    NOT_AUDIO = "not_audio"
    TOO_LONG = "too_long"
    NO_ANSWER = "no_answer"
    """The workers have not answered for long: the same may succeed later."""
    ERROR = "error"


RUNNING = (FileStage.UPLOADING, FileStage.WORKING)


class FileState(BaseModel):
    """What is known of one file."""

    state: FileStage
    heard_s: float = 0.0
    """Seconds of its audio that were cut into sentences so far."""
    duration_s: float | None = None
    """All of it; null where the file does not say."""
    problem: FileProblem | None = None
    message: str | None = None
    """The problem in words for the user."""


class FileStates:
    """Blocking. Every method may raise redis.RedisError where Redis is away."""

    def __init__(self, client: redis.Redis, settings: Settings) -> None:
        self._redis = client
        self._ttl_s = settings.retention_s

    def begin(self, session_id: str) -> None:
        """The bytes come, for the first time or again."""
        self.forget(session_id)
        self.write(session_id, state=FileStage.UPLOADING)

    def write(self, session_id: str, **fields: Any) -> None:
        """`fields` as FileState has them; what is None is left as it was. A sign of life, too."""
        key = names.file_key(session_id)
        known: dict[Any, str] = {name: str(value) for name, value in fields.items() if value is not None}
        with self._redis.pipeline() as pipe:
            pipe.hset(key, mapping=known | {"moved_s": str(time.time())})
            pipe.expire(key, self._ttl_s)
            pipe.execute()

    def read(self, session_id: str) -> FileState | None:
        """None where the session has no file."""
        raw = cast("dict[bytes, bytes]", self._redis.hgetall(names.file_key(session_id)))
        if not raw:
            return None
        fields = {name.decode(): value.decode() for name, value in raw.items()}
        silent = time.time() - float(fields.pop("moved_s")) > _SILENT_S
        found = FileState.model_validate(fields)
        return found.model_copy(update={"state": FileStage.INTERRUPTED}) if silent and found.state in RUNNING else found

    def forget(self, session_id: str) -> None:
        self._redis.delete(names.file_key(session_id))
