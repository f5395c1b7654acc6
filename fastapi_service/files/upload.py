"""Receives the bytes of a file from an HTTP request, and writes them to a file on the disk."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import IO

from fastapi import HTTPException, Request
from starlette.requests import ClientDisconnect

from fastapi_service.files.states import FileStage, FileStateStore
from fastapi_service.server_state import ServerState

_SLOWEST_BYTES_PER_S = 50_000
"""An upload that is slower than this on average is given up."""
_BLOCK_BYTES = 1 << 20
"""How much is written to the disk at a time."""


def announced_bytes(request: Request) -> int:
    """Return the size of the request's body, as it announces it. Raises HTTPException if it does not, or if it is 0."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        raise HTTPException(411, "The request must state the file's size (Content-Length).")
    if int(length) == 0:
        raise HTTPException(400, "The file is empty.")
    return int(length)


def check_size(server: ServerState, size_bytes: int) -> None:
    """Raises HTTPException (413) if a file of this size is larger than the settings allow."""
    if size_bytes > (most := server.settings.max_file_bytes):
        raise HTTPException(413, f"A file may have at most {most} bytes.")


class Upload:
    """One file on its way from a request to the disk. Any web process can see how far it is."""

    def __init__(
        self, request: Request, server: ServerState, states: FileStateStore, session_id: str, size_bytes: int
    ) -> None:
        self._request = request
        self._server = server
        self._states = states
        self._session_id = session_id
        self._size_bytes = size_bytes

    async def receive(self, file: IO[bytes]) -> None:
        """Write the body of the request to `file`.

        Raises HTTPException if it does not arrive whole and in time, and OSError if the disk has no room for it.
        """
        await self._server.threads.run(self._states.begin, self._session_id)
        try:
            async with asyncio.timeout(self._server.settings.idle_timeout_s + self._size_bytes / _SLOWEST_BYTES_PER_S):
                await self._copy(file)
        except TimeoutError as error:
            raise await self._broken_off(408, "The file took too long to arrive.") from error
        except ClientDisconnect as error:
            raise await self._broken_off(400, "The connection broke before the file was whole.") from error

    async def _copy(self, file: IO[bytes]) -> None:
        threads, block = self._server.threads, bytearray()
        async for chunk in self._request.stream():
            block += chunk
            if len(block) >= _BLOCK_BYTES:
                await threads.run(file.write, bytes(block))
                block.clear()
                await self._write_state()
        await threads.run(file.write, bytes(block))
        await threads.run(file.flush)

    async def _broken_off(self, status: int, message: str) -> HTTPException:
        await self._write_state(FileStage.WAITING)
        return HTTPException(status, message)

    async def _write_state(self, state: FileStage | None = None) -> None:
        """Write the state, or (None) only a sign of life."""
        await self._server.threads.run(partial(self._states.write, self._session_id, state=state))
