"""The log file, which holds each line once, across kill -9 at any point, rotation, removal and truncation.

docs/adr/listener-cursor.md says why it is done this way.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

from listener_service import tail
from listener_service.cursor_file import CursorFile
from listener_service.stream_id import BEGINNING, StreamId

log = logging.getLogger(__name__)

_O_BINARY: int = getattr(os, "O_BINARY", 0)
"""Keeps Windows from writing a carriage return before every line feed."""


_MODE = 0o640
"""Of a new log: what people say is not for every account of the machine. Whoever changes it later keeps that."""


class ResultLog:
    """An append-only file that knows which result it holds last. One process at a time may have it open."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._cursor_file = CursorFile(path.with_name(path.name + ".cursor"))
        self._fd = -1
        self._size = 0
        self._first_id: StreamId | None = None
        self.cursor = BEGINNING

    def open(self) -> None:
        """Mend what a kill left behind and find where to go on. Raises OSError."""
        older = self._newest_rotated()
        self._open_file()
        # A kill may have come before the cursor was saved, and rotations after it: the newest of all is right.
        known = (self._cursor_file.read(), tail.last_id(self._path), older)
        self.cursor = max((c for c in known if c is not None), default=BEGINNING)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def append(self, lines: list[str], cursor: StreamId) -> None:
        """Make `lines` durable, then the cursor. Raises OSError, and then none of the lines is in the file."""
        data = "".join(line + "\n" for line in lines).encode(errors="backslashreplace")
        try:
            self._write(data)
            os.fsync(self._fd)
        except OSError:
            os.ftruncate(self._fd, self._size)
            raise
        self._size += len(data)
        self._first_id = self._first_id or cursor
        if cursor != self.cursor:
            self.cursor = cursor
            self._cursor_file.write(cursor)

    def follow_rotation(self) -> bool:
        """Go on in a new file where the log was rotated. Call this before `append`.

        Returns whether the cursor has moved back, because a copytruncate has lost lines.
        """
        try:
            there, ours = self._path.stat(), os.fstat(self._fd)
            if (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino):
                return ours.st_size < self._size and self._after_truncation(ours.st_size)
        except FileNotFoundError:
            pass
        log.info("the log was rotated; going on in a new one")
        self._open_file()
        return False

    def _open_file(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if torn := tail.drop_torn_line(self._path):
            log.warning("dropped a torn last line of %d bytes; its result is written again", torn)
        fd = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _O_BINARY, _MODE)
        self.close()
        self._fd = fd
        self._size = os.fstat(self._fd).st_size
        self._first_id = tail.first_id(self._path)
        _sync_folder(self._path.parent)

    def _rotated_files(self) -> list[Path]:
        """Return the files that rotations left beside the log: `.1`, `.2`, `-20261124`. Compressed ones are too old."""
        ours = (".cursor", ".new", ".lock", ".gz", ".bz2", ".xz", ".zst")
        return [file for file in self._path.parent.glob(f"{self._path.name}[.-]*") if file.suffix not in ours]

    def _newest_rotated(self) -> StreamId | None:
        """Return the newest id in the files beside the log, without their torn last lines."""
        files = self._rotated_files()
        for file in files:
            tail.drop_torn_line(file)
        return max((found for found in map(tail.last_id, files) if found), default=None)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._fd, view) :]

    def _after_truncation(self, size: int) -> bool:
        """Go back to the end of the copy that copytruncate made: lines written after it are in neither file.

        Returns whether the cursor has moved back.
        """
        log.info("the log was truncated; going on in it")
        began, self._size, self._first_id = self._first_id, size, tail.first_id(self._path)
        copied = self._newest_rotated()
        # Older files may lie there: only a copy of what this log held tells what is missing.
        if copied is None or began is None or not began <= copied < self.cursor:
            return False
        self._cursor_file.write(copied)
        os.ftruncate(self._fd, 0)
        self._size, self._first_id, self.cursor = 0, None, copied
        return True


def _sync_folder(folder: Path) -> None:
    """Make a new file's name durable. Windows does that by itself, and has no call for it."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
