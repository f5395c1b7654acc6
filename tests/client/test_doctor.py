"""`python -m wta doctor` and `models`."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest
import redis

from tests.support.processes import ROOT, free_port
from tests.support.redis_server import RedisServer
from tests.support.stack import Stack, wta
from wta.cli.run import supervisor_environment
from wta.doctor import Finding, State, run_checks
from wta.doctor.requirements import missing_packages
from wta.errors import RedisUnavailableError
from wta.settings import Settings


def findings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> dict[str, Finding]:
    """What the doctor finds, by the first word of each line; without the models, which take seconds."""
    monkeypatch.setattr("wta.doctor.checks.MODEL_MODULES", ())
    return {finding.what.split()[0]: finding for finding in run_checks(settings)}


def test_the_doctor_finds_nothing_missing_on_a_machine_that_has_everything(
    settings: Settings, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = findings(settings.model_copy(update={"port": free_port()}), monkeypatch)

    assert {what: f.detail for what, f in report.items() if f.state is State.MISSING} == {}
    assert "answers" in report["Redis"].detail
    assert "is free" in report["port"].detail


def test_the_doctor_tells_who_publishes_that_everybody_may_speak_and_under_which_names(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = settings.model_copy(update={"host": "0.0.0.0", "port": free_port()})
    report = findings(public, monkeypatch)
    assert report["keys"].state is State.OPTIONAL and "may speak" in report["keys"].detail
    assert report["names"].state is State.OPTIONAL and "WTA_ALLOWED_HOSTS" in report["names"].mend
    closed = public.model_copy(update={"api_keys": f"anna:{'0' * 64}", "allowed_hosts": "speech.example.org"})
    report = findings(closed, monkeypatch)
    assert report["keys"].state is State.OK and report["names"].detail == "speech.example.org"


def test_the_doctor_has_a_remedy_for_everything_that_is_missing(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a machine without programs, packages, Redis and a free port
    def no_server() -> str:
        raise RedisUnavailableError("none here")

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("wta.redis_access.local.find_redis_server", no_server)
    monkeypatch.setattr("wta.doctor.checks.PROJECT_ROOT", tmp_path)
    (tmp_path / "requirements.txt").write_text("-r more/needs.txt\npydantic\n")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "needs.txt").write_text("# a comment\n-c ../constraints.txt\nno-such-package[extra]>=1\n")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        away = "redis://127.0.0.1:9/0"
        changes = {"redis_url": away, "live_redis_url": away, "port": taken.getsockname()[1]}
        # When the doctor looks
        report = findings(settings.model_copy(update=changes), monkeypatch)

    # Expect a remedy for each, and no complaint of what is optional
    missing = {what: f.mend for what, f in report.items() if f.state is State.MISSING}
    assert missing.keys() == {"packages", "Redis", "queues", "port"}
    assert "no-such-package" in report["packages"].detail
    assert "apt-get install redis-server" in missing["Redis"]
    assert "WTA_LIVE_REDIS_URL" in missing["queues"]
    assert "WTA_PORT" in missing["port"]
    assert report["Chromium"].state is report["espeak-ng"].state is State.OPTIONAL


def test_requirements_are_read_with_those_they_include() -> None:
    assert missing_packages(ROOT / "requirements.txt") == []


def test_the_running_system_may_have_the_port(stack: Stack) -> None:
    answer = subprocess.run(
        wta("doctor"), cwd=ROOT, env=os.environ | stack.env, capture_output=True, text=True, timeout=180, check=False
    )

    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert f"port {stack.port}: the system is running there" in answer.stdout
    assert "speech model: " in answer.stdout
    assert "sentiment model: " in answer.stdout


def test_a_missing_model_is_named(settings: Settings, tmp_path: Path) -> None:
    env = os.environ | {"WTA_MODELS_DIR": str(tmp_path), "WHISPER_MODEL": "small.en", "XDG_CACHE_HOME": str(tmp_path)}
    answer = subprocess.run(wta("doctor"), cwd=ROOT, env=env, capture_output=True, text=True, timeout=180, check=False)

    assert answer.returncode == 1
    assert "speech model: small.en is not on this machine" in answer.stdout
    assert "wta models fetch" in answer.stdout


def test_the_list_of_models_has_speech_and_sentiment() -> None:
    answer = subprocess.run(wta("models", "list"), cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)

    assert answer.returncode == 0, answer.stderr
    assert "tiny.en" in answer.stdout
    assert "distilbert" in answer.stdout or "embedded" in answer.stdout


def test_a_wrong_password_of_redis_is_said_in_words_and_starts_no_second_redis(
    settings: Settings, redis_server: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a Redis that wants a password, and an address with another
    redis_server.client().config_set("requirepass", "right")
    wrong = f"redis://:wrong@127.0.0.1:{redis_server.port}/0"
    mistaken = settings.model_copy(update={"redis_url": wrong, "port": free_port(), "state_dir": tmp_path})
    try:
        # When the doctor looks, and everything is to be started
        found = findings(mistaken, monkeypatch)["Redis"]
        with pytest.raises(RedisUnavailableError) as refused:
            supervisor_environment(mistaken)
    finally:
        redis.Redis(port=redis_server.port, password="right").config_set("requirepass", "")
    # Expect words about the password
    assert found.state is State.MISSING and "password" in found.mend
    assert "password" in str(refused.value)
