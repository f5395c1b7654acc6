"""The jobs of this process: the files that it works on in the background."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from fastapi import HTTPException

from fastapi_service.access.connection_slots import full
from fastapi_service.files.job import FileJob
from fastapi_service.files.states import FileStateStore
from fastapi_service.server_state import ServerState

log = logging.getLogger(__name__)


class FileJobs:
    """The files this process works on, over all routes: `max_files` at a time, and each session's only once."""

    def __init__(self, server: ServerState) -> None:
        self._server = server
        self.states = FileStateStore(server.redis, server.settings)
        self._reserved: set[str] = set()
        self._jobs: set[asyncio.Task[None]] = set()

    @contextmanager
    def reserve(self, session_id: str) -> Iterator[None]:
        """Hold room for a session's file while the body runs.

        Raises RefusedError if there are too many files, and HTTPException (409) if this session's is among them.
        """
        if session_id in self._reserved:
            raise HTTPException(409, "This file is being worked on already.")
        self.check_room()
        self._reserved.add(session_id)
        try:
            yield
        finally:
            self._reserved.discard(session_id)

    def check_room(self) -> None:
        """Raises RefusedError if there are too many files. Each has a decoder, which takes memory and a core."""
        if len(self._reserved) >= self._server.settings.max_files:
            raise full("The server works on as many files as it can. Try again in a minute.")

    def spool_uploads(self) -> None:
        """Let Python's temporary files lie in the folder for uploads: `/tmp` is memory in containers."""
        try:
            tempfile.tempdir = str(_folder(self._server))
        except OSError as error:
            log.error("there is no folder for uploads: %s", error)

    @contextmanager
    def temporary_file(self) -> Iterator[IO[bytes]]:
        """Open a temporary file while the body runs. It has no name, so it does not outlive the process.

        Raises OSError if the folder for uploads cannot be written to.
        """
        with tempfile.TemporaryFile(dir=_folder(self._server)) as file:
            yield file

    def begin(self, session_id: str, resume_token: str, file: IO[bytes], held: ExitStack) -> None:
        """Begin to work on a file in the background. The arguments are those of `FileJob`."""
        task = asyncio.create_task(FileJob(self._server, self.states, session_id, resume_token, file, held).run())
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)

    async def close(self) -> None:
        """Interrupt all work, because the process ends. A client may send its file again, to the next process."""
        for job in self._jobs:
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)


def _folder(server: ServerState) -> Path:
    folder = server.settings.upload_dir or server.settings.state_dir / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
