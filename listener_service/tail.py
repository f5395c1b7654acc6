"""Reads the ends of a log file, whose last line a kill may have torn."""

from __future__ import annotations

import os
from pathlib import Path

from listener_service import line
from listener_service.stream_id import StreamId

_BLOCK_BYTES = 65_536


def last_id(path: Path) -> StreamId | None:
    """Return the newest id in a complete line of the file; None where there is no such line or file."""
    try:
        with path.open("rb") as file:
            size, length = file.seek(0, os.SEEK_END), 0
            while length < size:
                length = min(size, max(_BLOCK_BYTES, length * 2))
                file.seek(size - length)
                if found := line.last_id(_complete_lines(file.read(length))):
                    return found
    except FileNotFoundError:
        pass
    return None


def first_id(path: Path) -> StreamId | None:
    """Return the oldest id in the file; None where there is none."""
    with path.open("rb") as file:
        for text in file:
            if found := line.first_id(text.rstrip(b"\n")):
                return found
    return None


def drop_torn_line(path: Path) -> int:
    """Cut off what follows the last line feed. Returns how many bytes were cut off."""
    if not path.is_file():
        return 0
    with path.open("r+b") as file:
        size = end = file.seek(0, os.SEEK_END)
        while end > 0:
            start = max(0, end - _BLOCK_BYTES)
            file.seek(start)
            found = file.read(end - start).rfind(b"\n")
            end = start if found < 0 else start + found + 1
            if found >= 0:
                break
        if end < size:
            file.truncate(end)
            os.fsync(file.fileno())
        return size - end


def _complete_lines(block: bytes) -> bytes:
    return block[: block.rfind(b"\n") + 1]
