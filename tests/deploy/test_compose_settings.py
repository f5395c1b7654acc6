"""Every setting of docs/configuration.md reaches the containers, or is in a list here with the reason."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.support.processes import ROOT
from wta.settings import Settings

_WEB, _WEBHOOKS = "fastapi_service", "webhook_worker"
_SERVICES = (_WEB, "stt_worker", "analyzer_worker", "listener_service", _WEBHOOKS)
_OF_ONE_SERVICE = {
    "WTA_API_KEYS": _WEB, "WTA_ADMIN_KEYS": _WEB, "WTA_READER_KEYS": _WEB,  # only who checks keys gets them
    "WTA_ALLOWED_HOSTS": _WEB,  # with DOMAIN
    "WTA_FORWARDED_ALLOW_IPS": _WEB, "WTA_MAX_SESSIONS_PER_IP": _WEB, "WTA_MAX_NEW_SESSIONS_PER_MINUTE": _WEB,
    "WTA_WEBHOOK_URLS": _WEBHOOKS, "WTA_WEBHOOK_SECRET": _WEBHOOKS, "WTA_WEBHOOK_HTTP_HOSTS": _WEBHOOKS,
}  # fmt: skip
_FIXED = {
    "WTA_REDIS_URL": "prepare.sh makes the password; a file in /run/secrets holds the address",
    "WTA_HOST": "the images listen on all addresses of their container",
    "WTA_PORT": "is the port on this machine; in the container it is 8000",
    "WTA_MODELS_DIR": "is a volume",
    "WTA_STATE_DIR": "is in memory, in the container",
    "WTA_UPLOAD_DIR": "is a volume",
    "WTA_RESULT_LOG": "is in a volume, whose folder WTA_LOGS names",
    "WTA_METRICS_PORT": "Prometheus of this file asks there",
    "WTA_METRICS_HOST": "Prometheus is another container",
    "WTA_REQUEUE_S": "has no effect",
}
_DOCUMENTED = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "configuration.md").read_text("utf-8"), re.MULTILINE)


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return {name: service["environment"] for name, service in compose["services"].items() if "environment" in service}


def test_every_setting_is_documented() -> None:
    assert len(_DOCUMENTED) == len(set(_DOCUMENTED)) == len(Settings.model_fields)


@pytest.mark.parametrize("name", [name for name in _DOCUMENTED if name not in _FIXED])
def test_a_setting_of_the_operator_reaches_the_containers(services: dict[str, Any], name: str) -> None:
    users = (_OF_ONE_SERVICE[name],) if name in _OF_ONE_SERVICE else _SERVICES
    assert [user for user in users if not services[user][name].startswith(f"${{{name}:-")] == []


@pytest.mark.parametrize("fetcher", ["speech_model", "sentiment_model"])
def test_who_fetches_models_has_the_workers_settings(services: dict[str, Any], fetcher: str) -> None:
    worker = {"speech_model": "stt_worker", "sentiment_model": "analyzer_worker"}[fetcher]
    assert services[fetcher].items() <= services[worker].items()


def test_an_empty_variable_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    # compose says "" for each variable that nobody has set
    monkeypatch.delenv("WHISPER_MODEL", raising=False)  # tests/conftest.py sets it
    usual = Settings(_env_file=None)
    for name in _DOCUMENTED:
        monkeypatch.setenv(name, "")
    assert Settings(_env_file=None) == usual


def test_the_lists_of_exceptions_name_settings() -> None:
    assert (_FIXED.keys() | _OF_ONE_SERVICE.keys()) <= set(_DOCUMENTED)
