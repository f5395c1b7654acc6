"""Workers on other machines than Redis and the web service, and a cable that is pulled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.hosts import Hosts
from tests.support.processes import ROOT, Process
from tests.support.require import binary, missing
from tests.support.speech import espeak
from tests.support.wait import wait_until
from wta.redis_access.local import find_redis_server, redis_command

_SENTENCES = ("The train was late again today.", "I love the garden behind the house.", "Please close the window.")


class Spread:
    """The system over four hosts: redis and web on `hub`, the workers on their own, the listener on `logs`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hosts = Hosts("hub", "one", "two", "logs", "speaker")
        self.result_log = folder / "result_listener.log"
        hub = self.hosts.address("hub")
        self._env = {
            "WTA_REDIS_URL": f"redis://{hub}:6379/0", "WTA_HOST": hub, "WTA_PORT": "8000", "WTA_THREADS": "1",
            "WTA_RESULT_LOG": str(self.result_log), "PYTHONUNBUFFERED": "1",
        }  # fmt: skip
        self.url = f"ws://{hub}:8000/ws/audio"
        self._ready_url = f"http://{hub}:8000/readyz"
        self.processes: dict[str, Process] = {}

    def start(self) -> None:
        self.hosts.start()
        (self.folder / "redis").mkdir()
        redis = redis_command(find_redis_server(), 6379, self.folder / "redis")
        self._run("redis", "hub", [*redis, "--bind", self.hosts.address("hub"), "--protected-mode", "no"])
        self._run("web", "hub", self._python("fastapi_service"))
        for host in ("one", "two"):
            self._run(f"stt-{host}", host, self._worker("stt_worker"))
        self._run("analyzer", "two", self._worker("analyzer_worker"))
        self._run("listener", "logs", self._python("listener_service"))
        wait_until(lambda: self._workers() == 2, 180, "the workers never met Redis")
        wait_until(self._ready, 60, "the web service never met the workers")

    def stop(self) -> None:
        for process in reversed(self.processes.values()):
            process.stop()
        self.hosts.stop()

    def speak(self, wav: Path) -> subprocess.Popen[str]:
        command = self._python("wta", "stream", str(wav), "--url", self.url, "--pace", "realtime", "--json")
        return subprocess.Popen(self.hosts.command("speaker", command), cwd=ROOT, stdout=subprocess.PIPE, text=True)

    def _run(self, name: str, host: str, command: list[str]) -> None:
        env = self._env | {"WTA_STATE_DIR": str(self.folder / name)}
        self.processes[name] = Process(name, self.hosts.command(host, command), env, self.folder / f"{name}.log")
        self.processes[name].start()

    def _ready(self) -> bool:
        fetch = f"import urllib.request; urllib.request.urlopen({self._ready_url!r}, timeout=5)"
        done = subprocess.run(
            self.hosts.command("speaker", [sys.executable, "-c", fetch]), capture_output=True, check=False
        )
        return done.returncode == 0

    def _workers(self) -> int:
        return sum("ready model=" in self.processes[f"stt-{host}"].tail(500) for host in ("one", "two"))

    @staticmethod
    def _python(*module_and_args: str) -> list[str]:
        return [sys.executable, "-m", *module_and_args]

    @classmethod
    def _worker(cls, name: str) -> list[str]:
        return cls._python("celery", "-A", f"{name}:celery_app", "worker", "--concurrency=1", "--pool=solo")


@pytest.fixture(scope="module")
def spread(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spread]:
    binary("ip", "apt-get install iproute2")
    if os.geteuid() != 0:
        missing("root", "network namespaces are made by root only")
    spread = Spread(tmp_path_factory.mktemp("spread"))
    try:
        spread.start()
        yield spread
    finally:
        spread.stop()


@pytest.fixture(scope="module")
def wavs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("said")
    return [espeak(text, folder / f"{number}.wav") for number, text in enumerate(_SENTENCES)]


def finals(speaker: subprocess.Popen[str]) -> list[dict[str, object]]:
    out, _ = speaker.communicate(timeout=240)
    assert speaker.returncode == 0, out
    return [row for row in map(json.loads, out.splitlines()) if row["type"] == "final"]


def lines_of(spread: Spread, rows: list[dict[str, object]]) -> int:
    session = str(rows[0]["utterance_id"]).rpartition(":")[0]
    return sum(session in line and not line.startswith("#") for line in spread.result_log.read_text().splitlines())


def test_workers_on_other_hosts_do_the_work(spread: Spread, wavs: list[Path]) -> None:
    spoken = [finals(speaker) for speaker in [spread.speak(wav) for wav in wavs]]
    for rows in spoken:
        assert rows
        wait_until(lambda rows=rows: lines_of(spread, rows) == len(rows), 30, "a line is missing, or doubled")


def test_a_pulled_cable_costs_time_only(spread: Spread, wavs: list[Path]) -> None:
    spread.hosts.set_link("one", "down")
    try:
        spoken = [finals(speaker) for speaker in [spread.speak(wav) for wav in wavs]]
        assert all(spoken)
    finally:
        spread.hosts.set_link("one", "up")
    for rows in spoken:
        wait_until(lambda rows=rows: lines_of(spread, rows) == len(rows), 30, "a line is missing, or doubled")
