"""The bodies of the requests and responses under `/api/files`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from fastapi_service.files.states import FileState
from wta.messages import Options


class NewFile(Options):
    """A file that a client is going to send, and what it asks for."""

    size_bytes: int = Field(ge=1)

    @property
    def options(self) -> Options:
        """The options of the session that will be opened for the file."""
        return Options.model_validate(self.model_dump(exclude={"size_bytes"}))


class OpenedFile(BaseModel):
    """A session that waits for its file."""

    session_id: str
    resume_token: str
    """Secret: whoever has it may read the session, go on with it, and delete it."""


class FileView(FileState):
    """How far a file is, and its new events."""

    unfinished: int
    """Sentences that still wait for a worker, if the work on the file ended early. Otherwise it is 0."""
    events: list[dict[str, Any]]
    """Server messages behind the event `after`, as docs/protocol.md specifies them; at most 500 at a time."""
