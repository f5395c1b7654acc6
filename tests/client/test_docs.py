"""The programs of docs/client.md, run as they stand against the whole system."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.client.fake_microphone import FakeMicrophone
from tests.support.processes import ROOT, Process
from tests.support.stack import Stack
from tests.support.wait import wait_until
from wta import client

TIMEOUT_S = 180
_PROGRAMS = re.findall(r"```python\n# (\w+\.py)(.*?)```", (ROOT / "docs" / "client.md").read_text("utf-8"), re.DOTALL)
_THEIR_URL = "ws://127.0.0.1:8000/ws/audio"


@pytest.fixture
def programs(stack: Stack, tmp_path: Path) -> Path:
    """A folder with all documented programs, in which only the server's address is changed."""
    for name, text in _PROGRAMS:
        assert _THEIR_URL in text
        (tmp_path / name).write_text("#" + text.replace(_THEIR_URL, stack.ws_url), encoding="utf-8")
    return tmp_path


def run(program: Path, *args: Path) -> str:
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(program), *map(str, args)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _words(output: str) -> list[str]:
    """The words of the finals in a program's output, in lower case."""
    finals = re.findall(r"^#\d+ (?:[\d.]+ s: )?(?!(?:POSITIVE|NEGATIVE|NEUTRAL) )(.*)$", output, re.MULTILINE)
    return re.findall(r"[a-z]+", " ".join(finals).lower())


def test_the_documented_program_streams_a_file(programs: Path, spoken: Path) -> None:
    said = run(programs / "stream_file.py", spoken)
    assert re.search(r"#1 \d\.\d s: .*love", said) and re.search(r"#1 (POSITIVE|NEGATIVE|NEUTRAL) 0\.\d", said)
    assert re.search(r"\d words\n$", said)


def test_the_documented_program_goes_on_after_a_break(programs: Path, recordings: list[Path]) -> None:
    whole, resumed = (run(programs / name, recordings[0]) for name in ("stream_file.py", "resume.py"))
    at = re.match(r"goes on at (\d+)%\n", resumed)
    assert at and 0 <= int(at[1]) <= 50
    assert _words(resumed)[-1:] == _words(whole)[-1:] != []


def test_the_documented_program_hears_the_microphone(
    programs: Path, microphone: FakeMicrophone, spoken: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    env = microphone.env | {"PYTHONPATH": str(ROOT)}
    process = Process("mic", [sys.executable, str(programs / "stream_microphone.py")], env, output)
    process.start()
    try:
        wait_until(lambda: "listening to" in output.read_text(), 30, "it does not listen")
        microphone.hear(spoken)
        wait_until(lambda: "#1 " in output.read_text(), TIMEOUT_S, "nothing was heard")
        process.signal(signal.SIGINT)
        assert process.wait(60) == 0, output.read_text()
    finally:
        process.kill()


def test_the_client_has_every_name_that_it_promises() -> None:
    assert all(getattr(client, name) for name in client.__all__)
    assert (ROOT / "wta" / "py.typed").exists()
    with pytest.raises(AttributeError):
        client.nothing_of_this_name  # noqa: B018


def test_who_streams_loads_nothing_of_the_server() -> None:
    code = "import sys, wta.client; print([m for m in sys.modules if m.split('.')[0] in sys.argv[1:]])"
    heavy = ["torch", "fastapi", "redis", "celery", "soundfile", "sounddevice", "pydantic_settings"]
    done = subprocess.run([sys.executable, "-c", code, *heavy], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
