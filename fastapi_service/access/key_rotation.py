"""Keys that change while the service runs: the files that settings are read from are looked at again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from wta.errors import SettingsError
from wta.settings import Settings, load_settings

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class KeySettings:
    """The settings that name keys."""

    api_keys: str
    reader_keys: str
    admin_keys: str

    @classmethod
    def of(cls, settings: Settings) -> KeySettings:
        return cls(settings.api_keys, settings.reader_keys, settings.admin_keys)


class KeyRotation:
    """Notices that keys were changed in `.env` or in the folder of secrets. Variables of a process never change.

    Args:
        read: reads all settings again; blocks.
    """

    def __init__(self, read: Callable[[], Settings] = load_settings) -> None:
        self._read = read
        self._known: KeySettings | None = None

    def changed(self) -> KeySettings | None:
        """Return the keys if they are others than at the last look. The first look only remembers them. Blocking."""
        found: KeySettings | None
        try:
            found = KeySettings.of(self._read())
        except SettingsError:
            found = self._known  # half written, perhaps: what was known goes on to hold
        known, self._known = self._known, found
        if found is None or known in {None, found}:
            return None
        if known is not None and known.api_keys and not found.api_keys:
            log.error("all API keys were removed: the old ones hold until the service is restarted without keys")
            self._known = known
            return None
        log.info("the keys have changed")
        return found
