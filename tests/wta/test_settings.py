"""Settings: read, checked, explained."""

from __future__ import annotations

import pytest

from tests.support.processes import ROOT
from wta.cli.settings import configuration_page, sections
from wta.errors import SettingsError
from wta.settings import Settings, load_settings


def test_a_setting_is_read_with_and_without_the_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHISPER_MODEL", "base")
    monkeypatch.setenv("WTA_SENTIMENT_MODEL", "some/model")
    monkeypatch.setenv("WTA_PORT", "8123")
    settings = load_settings()
    assert (settings.whisper_model, settings.sentiment_model, settings.port) == ("base", "some/model", 8123)


def test_every_wrong_setting_is_named_in_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WTA_PORT", "eighty")
    monkeypatch.setenv("WTA_ENDPOINT_MS", "5")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "PORT" in str(caught.value) and "ENDPOINT_MS" in str(caught.value)


def test_the_documentation_of_settings_is_what_the_code_says() -> None:
    assert (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8") == configuration_page(), "run `make docs`"


def test_every_setting_is_documented_under_one_of_eight_headings() -> None:
    assert len(sections()) == 8
    assert [name for names in sections().values() for name in names] == list(Settings.model_fields)
    assert {"metrics_port", "metrics_host"} <= set(sections()["Log and metrics"])
