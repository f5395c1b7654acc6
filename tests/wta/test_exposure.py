"""Whoever publishes the service without keys is told."""

from __future__ import annotations

import pytest

from wta.exposure import open_to_strangers
from wta.settings import Settings

_KEYS = f"anna:{'0' * 64}"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_a_service_for_this_machine_needs_no_keys(host: str) -> None:
    assert open_to_strangers(Settings(host=host)) is None


@pytest.mark.parametrize(
    "settings",
    [
        Settings(host="0.0.0.0"),
        Settings(host="::"),
        Settings(host="192.168.1.20"),
        Settings(allowed_hosts="speech.example.org"),
        Settings(host="0.0.0.0", allowed_hosts=",speech.example.org"),
    ],
    ids=lambda s: f"{s.host} {s.allowed_hosts}",
)
def test_whoever_publishes_without_keys_is_told(settings: Settings) -> None:
    assert "WTA_API_KEYS" in (open_to_strangers(settings) or "")
    assert open_to_strangers(settings.model_copy(update={"api_keys": _KEYS})) is None
