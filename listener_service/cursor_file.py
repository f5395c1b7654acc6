"""A file beside the log that holds the id of the newest result in it."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from listener_service.stream_id import StreamId

log = logging.getLogger(__name__)


class CursorFile:
    """Needed where the log itself cannot tell: after a rotation, or when somebody has removed it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._new = path.with_name(path.name + ".new")

    def read(self) -> StreamId | None:
        """Return the saved id; None where there is none, or none that can be read."""
        try:
            return StreamId.parse(self._path.read_text(encoding="ascii").strip())
        except FileNotFoundError:
            return None
        except ValueError:
            log.warning("%s is damaged; the log itself tells where to go on", self._path)
            return None

    def write(self, cursor: StreamId) -> None:
        """Replace the file in one step, durably."""
        try:
            with self._new.open("w", encoding="ascii") as file:
                file.write(f"{cursor}\n")
                file.flush()
                os.fsync(file.fileno())
            self._new.replace(self._path)
        except OSError as error:
            log.warning("the cursor could not be saved, only the log holds it now: %s", error)
