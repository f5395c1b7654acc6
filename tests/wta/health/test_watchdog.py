"""The watchdog against real processes: frozen ones are ended, others are left alone."""

from __future__ import annotations

import configparser
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.processes import ROOT, free_port
from tests.support.wait import wait_until
from wta.health import run_watched
from wta.health.check import MAX_AGE_S, fresh
from wta.health.heartbeat import Heartbeat
from wta.health.sign_of_life import SignOfLife
from wta.health.watchdog import Watchdog
from wta.names import WorkerKind
from wta.redis_access.clients import connect
from wta.settings import Settings

_FREEZES = """
import os, pathlib, signal, sys
file = pathlib.Path(sys.argv[2], f"{sys.argv[1]}.{os.getpid()}.heartbeat")
file.touch()
os.kill(os.getpid(), signal.SIGSTOP)
"""


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that says on its command line that it is a speech worker."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", "stt_worker"])
    wait_until(lambda: "stt_worker" in psutil.Process(process.pid).cmdline(), 10, "it never began")
    yield process
    process.kill()
    process.wait()


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def heartbeat(folder: Path, kind: str, pid: int) -> Path:
    file = folder / f"{kind}.{pid}.heartbeat"
    file.touch()
    return file


def looks(watchdog: Watchdog, clock: Clock, seconds: int, every_s: float = 5) -> list[int]:
    """Who is ended while the watchdog looks for so many seconds."""
    ended = []
    for _ in range(round(seconds / every_s)):
        clock.now_s += every_s
        ended += watchdog.check()
    return ended


def test_a_frozen_worker_is_ended(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    sleeper.send_signal(signal.SIGSTOP)
    file, clock = heartbeat(tmp_path, "stt_worker", sleeper.pid), Clock()
    watchdog = Watchdog(tmp_path, clock=clock)
    assert looks(watchdog, clock, 30) == [] and sleeper.poll() is None
    assert looks(watchdog, clock, 10) == [sleeper.pid]
    assert sleeper.wait(5) == -signal.SIGKILL and not file.exists()


def test_a_live_worker_is_left_alone_whatever_its_clock_says(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    # Given a worker whose clock is set now and then, backwards too
    file, clock = heartbeat(tmp_path, "stt_worker", sleeper.pid), Clock()
    watchdog = Watchdog(tmp_path, clock=clock)
    for date_s in (1_700_000_000.0, 1_800_000_000.0, 0.0, 86_400.0):
        os.utime(file, (date_s, date_s))
        assert looks(watchdog, clock, 30) == []
    assert sleeper.poll() is None


def test_nobody_is_ended_because_the_machine_has_slept(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    heartbeat(tmp_path, "stt_worker", sleeper.pid)
    clock = Clock()
    watchdog = Watchdog(tmp_path, clock=clock)
    assert looks(watchdog, clock, 5) == []
    # When the watchdog wakes up before the worker, and its clock has counted the sleep
    assert looks(watchdog, clock, 8 * 3600, every_s=8 * 3600) == [] and sleeper.poll() is None


def test_a_worker_that_leaves_meanwhile_is_no_error(tmp_path: Path) -> None:
    gone = tmp_path / "stt_worker.1.heartbeat"
    gone.symlink_to(tmp_path / "nothing")  # it is listed, and its stat() fails, as just after unlink()
    assert Watchdog(tmp_path).check() == []
    assert not fresh("stt_worker", tmp_path)


def test_a_sign_of_life_is_fresh_for_its_kind_alone_and_grows_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = SignOfLife(tmp_path, "stt_worker")
    life.begin()
    # When the date is set, expect nothing to change
    monkeypatch.setattr(time, "time", lambda: 4_000_000_000.0)
    assert fresh("stt_worker", tmp_path) and not fresh("analyzer_worker", tmp_path)
    # When time passes, or the file comes from before the machine was started, expect it to count no more
    now_s = time.monotonic()
    for later_s in (MAX_AGE_S + 1, -MAX_AGE_S):
        monkeypatch.setattr(time, "monotonic", lambda later_s=later_s: now_s + later_s)
        assert not fresh("stt_worker", tmp_path)


def test_a_stranger_with_an_old_number_is_left_alone(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    heartbeat(tmp_path, "analyzer_worker", sleeper.pid)
    clock = Clock()
    assert looks(Watchdog(tmp_path, clock=clock), clock, 60) == [] and sleeper.poll() is None


@pytest.fixture
def signals() -> Iterator[None]:
    """Puts the handlers of signals back as they were."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("signals")
def test_a_container_ends_with_its_frozen_worker(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _FREEZES, "stt_worker", str(tmp_path)]
    settings = Settings(state_dir=tmp_path)
    assert run_watched.run(command, settings, check_every_s=0.1, max_age_s=0.5) == 128 + signal.SIGKILL


def test_a_worker_without_redis_is_no_frozen_one(tmp_path: Path) -> None:
    """Such a worker waits for Redis, and ending it would help nobody."""
    # Given a worker whose Redis is not there
    settings = Settings(state_dir=tmp_path, redis_url=f"redis://127.0.0.1:{free_port()}/0")
    heartbeat = Heartbeat(connect(settings), WorkerKind.STT, "tiny", settings)
    heartbeat.start()
    wait_until(lambda: fresh("stt_worker", tmp_path), 5, "no heartbeat file")
    # When its file is old, expect it to be renewed all the same
    file = next(tmp_path.glob("*.heartbeat"))
    os.utime(file, (0, 0))
    wait_until(lambda: fresh("stt_worker", tmp_path), 10, "one beat, then none")
    # When it leaves, expect no file
    heartbeat.stop()
    assert not file.exists(), "who has left is not frozen"


_GIVEN_UP = """
[supervisord]
nodaemon=true
silent=true
logfile={folder}/supervisord.log
pidfile={folder}/supervisord.pid
[program:listener]
command={python} -c "raise SystemExit(1)"
startretries=0
[eventlistener:watchdog]
command={python} -m wta.health.watchdog
events=TICK_5,PROCESS_STATE_FATAL
stderr_logfile={folder}/watchdog.log
"""


def test_it_is_said_aloud_that_a_service_is_given_up(tmp_path: Path) -> None:
    # Given a service that ends at once, under a supervisor with a watchdog
    conf, log = tmp_path / "supervisord.conf", tmp_path / "watchdog.log"
    conf.write_text(_GIVEN_UP.format(folder=tmp_path, python=sys.executable))
    supervisor = subprocess.Popen(
        [sys.executable, "-m", "supervisor.supervisord", "-c", str(conf)],
        env=os.environ | {"WTA_STATE_DIR": str(tmp_path)}, cwd=ROOT,
    )  # fmt: skip
    # Expect it to be said by name
    try:
        wait_until(lambda: log.exists() and "listener IS GIVEN UP" in log.read_text(), 60, "nobody was told")
    finally:
        supervisor.terminate()
        supervisor.wait(20)


def test_all_services_are_started_again_equally_often() -> None:
    services = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=None)
    services.read(ROOT / "deploy" / "local" / "supervisord.conf")
    programs = [services[name] for name in services.sections() if name.startswith("program:")]
    assert len(programs) == 6 and {program.getint("startretries") for program in programs} == {100}
