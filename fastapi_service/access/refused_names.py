"""Tells the operator which setting would let in what was refused: a name of this server, or the origin of a page."""

from __future__ import annotations

import logging
import re

log = logging.getLogger(__name__)

_SAFE = re.compile(r"(https?://)?[A-Za-z0-9.:\[\]_-]{1,260}")
"""What may be repeated in a log or an answer: a name or an address, perhaps with a port and a scheme."""
_MOST = 20
"""Names in the log of one process. A stranger can invent as many as they like."""


def shown(name: str) -> str | None:
    """The name or origin as it may be repeated, or None where it is something else."""
    return name if _SAFE.fullmatch(name) else None


class RefusedNames:
    """Writes one line for each name that was refused, with the value that the setting should have."""

    def __init__(self, setting: str, value: str) -> None:
        """`setting`: the variable that allows names; `value`: what it has now."""
        self._setting = setting
        self._before = value.strip(" ,")
        self._told: set[str] = set()

    def tell(self, name: str | None) -> None:
        """Log a refused name, unless it was logged already or cannot be shown."""
        if name is None or name in self._told or len(self._told) >= _MOST:
            return
        self._told.add(name)
        value = ",".join(filter(None, (self._before, name)))
        log.warning("%s was refused. If it is yours, set %s=%s (docs/deploy.md)", name, self._setting, value)
