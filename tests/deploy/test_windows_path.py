"""Redis elsewhere, the rest as docs/windows.md starts it, without what Windows lacks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import ROOT
from tests.support.speech import espeak
from tests.support.stack import Stack
from tests.support.streaming import finish, start_stream

_WITHOUT = [sys.executable, str(ROOT / "tests" / "deploy" / "no_posix.py")]


@pytest.fixture(scope="module")
def stack_without_posix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("windows"), threads="1")
    for process in stack.processes.values():
        process.command = [*_WITHOUT, *process.command[2:]]
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


def test_speech_comes_back_without_posix(stack_without_posix: Stack, tmp_path: Path) -> None:
    speech = espeak("The weather is wonderful today.", tmp_path / "speech.wav")
    spoken = finish(start_stream(stack_without_posix.ws_url, speech))
    assert spoken.exit_code == 0, spoken.stderr
    assert "wonderful" in spoken.texts()["speech.wav"].lower()
    assert [row["label"] for row in spoken.of("sentiment")] == ["POSITIVE"]
    assert stack_without_posix.log_lines()


def test_run_ps1_starts_what_make_run_starts() -> None:
    script = (ROOT / "scripts" / "run.ps1").read_text()
    supervised = (ROOT / "deploy" / "local" / "supervisord.conf").read_text()
    for module in (
        "fastapi_service",
        "listener_service",
        "webhook_worker",
        "stt_worker:celery_app",
        "analyzer_worker:celery_app",
    ):
        assert module in script and module in supervised
    assert "--pool=solo" in script


def test_run_ps1_installs_what_every_service_needs() -> None:
    script = (ROOT / "scripts" / "run.ps1").read_text()
    needs = [file.parent.name for file in ROOT.glob("*_*/requirements.txt")]
    assert len(needs) == 5
    assert [name for name in needs if f"{name}\\requirements.txt" not in script] == []
