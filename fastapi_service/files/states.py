"""The state of each file, kept in Redis, so that every web process knows it and it outlives the one that works."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, cast

import redis
from pydantic import BaseModel

from wta import names
from wta.ledger import UNUSED_TTL_S, Minutes
from wta.settings import Settings

_SILENT_S = 10.0
"""How long a running file may go without a sign of life. After that, the process that had it counts as dead."""


class FileStage(StrEnum):
    """The stage of a file. In UPLOADING and WORKING, a process is busy with it; in the others, none is."""

    WAITING = "waiting"
    """The file's bytes have not been sent yet."""
    UPLOADING = "uploading"
    """The file's bytes are arriving."""
    WORKING = "working"
    """The server works on the file."""
    DONE = "done"
    """Every sentence has been answered."""
    FAILED = "failed"
    """The file could not be worked on; `problem` gives the reason."""
    CANCELLED = "cancelled"
    """A client has ended the work."""
    INTERRUPTED = "interrupted"
    """The server was restarted. If the file is sent again, the work goes on where it was."""


class FileProblem(StrEnum):
    """Why a file failed. Pages can have their own words for each reason."""

    NOT_AUDIO = "not_audio"
    """The file holds no audio that can be decoded."""
    TOO_LONG = "too_long"
    """The file holds more audio than the server accepts at once."""
    NO_ANSWER = "no_answer"
    """The workers have not answered for a long time. The same file may succeed later."""
    ERROR = "error"
    """Something unexpected went wrong in the server."""


RUNNING = (FileStage.UPLOADING, FileStage.WORKING)
"""The stages in which a process is busy with the file."""


class FileState(BaseModel):
    """What is known about one file."""

    state: FileStage
    heard_s: float = 0.0
    """Seconds of its audio that have been worked on so far."""
    duration_s: float | None = None
    """Seconds of its audio in total; null if the file does not state it."""
    unread_s: float = 0.0
    """Seconds that could not be read, because the file is damaged or cut short; known when it is done."""
    problem: FileProblem | None = None
    message: str | None = None
    """The problem, in words for the user."""


class FileStateStore:
    """Reads and writes the states of files. Every method blocks. All times are Redis's.

    Every method may raise redis.RedisError if Redis does not answer.
    """

    def __init__(self, client: redis.Redis, settings: Settings) -> None:
        self._redis = client
        self._minutes = Minutes(client)
        self._ttl_s = settings.retention_s

    def begin(self, session_id: str) -> None:
        """Begin anew with UPLOADING, because the file's bytes arrive, for the first time or once more."""
        self._write(session_id, anew=True, state=FileStage.UPLOADING)

    def write(self, session_id: str, **fields: Any) -> None:
        """Write fields of the FileState, and a sign of life. A field that is None stays as it was."""
        self._write(session_id, anew=False, **fields)

    def _write(self, session_id: str, anew: bool, **fields: Any) -> None:
        key = names.file_key(session_id)
        known: dict[Any, str] = {name: str(value) for name, value in fields.items() if value is not None}
        moved_s = self._minutes.now_s()
        with self._redis.pipeline() as pipe:
            if anew:
                pipe.delete(key)
            pipe.hset(key, mapping=known | {"moved_s": str(moved_s)})
            waits = known.get("state") == FileStage.WAITING
            pipe.expire(key, min(UNUSED_TTL_S, self._ttl_s) if waits else self._ttl_s)
            pipe.execute()

    def read(self, session_id: str) -> FileState | None:
        """Return the state of a session's file, or None if the session has no file.

        A running file without a sign of life counts as INTERRUPTED.
        """
        raw = cast("dict[bytes, bytes]", self._redis.hgetall(names.file_key(session_id)))
        if not raw:
            return None
        fields = {name.decode(): value.decode() for name, value in raw.items()}
        silent = self._minutes.now_s() - float(fields.pop("moved_s")) > _SILENT_S
        found = FileState.model_validate(fields)
        return found.model_copy(update={"state": FileStage.INTERRUPTED}) if silent and found.state in RUNNING else found

    def forget(self, session_id: str) -> None:
        """Remove the state of a session's file."""
        self._redis.delete(names.file_key(session_id))
