"""The system that faults are made on, its speakers, and what is left of them at the end."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import psutil
import redis

from chaos.judge import judge, logged
from chaos.loop_thread import LoopThread
from chaos.speaker import Speaker
from chaos.voice import Speech, Voice
from tests.support.processes import Process
from tests.support.stack import Stack
from tests.support.wait import T, wait_until
from wta import names
from wta.client import Pace
from wta.health.presence import living_workers
from wta.names import Stage, WorkerKind

SETTINGS = {"lease_s": "2", "requeue_s": "2", "resume_grace_s": "3", "stats_every_s": "5", "threads": "1"}
"""Settings that are shorter than the defaults, so that a trial waits for seconds."""
_KINDS = {"stt": WorkerKind.STT, "analyzer": WorkerKind.ANALYZER}
_ANSWERED_S = 120.0
_LOGGED_S = 45.0


class Lab:
    """One running system. Only processes that it started itself are stopped, killed or frozen."""

    def __init__(self, folder: Path, seed: int, voice: Voice | None = None, **settings: str) -> None:
        self.folder = folder
        self.seed = seed
        self.random = Random(seed)
        self.stack = Stack(folder, **(SETTINGS | settings))
        self.loop = LoopThread()
        self.voice = voice or Voice(folder / "voice")
        self.speakers: list[Speaker] = []
        self._numbers = count(1)
        self._redis = self.client()

    def start(self) -> None:
        self.stack.start()

    def stop(self) -> None:
        self.loop.close()
        for process in self.all_processes():
            process.signal(signal.SIGCONT)
        for process in reversed(self.stack.processes.values()):
            process.stop(10)
        self.stack.redis.process.stop(10)

    @contextmanager
    def another(self, **settings: str) -> Iterator[Lab]:
        """Run a second system, for a fault that others must not suffer from. Its speakers are judged at the end."""
        lab = self.like_this(**settings)
        try:
            lab.start()
            yield lab
            lab.check()
        finally:
            lab.stop()

    def like_this(self, **settings: str) -> Lab:
        """Make a second lab with the same seed and voice. It is not started yet."""
        return Lab(self.folder / f"other-{next(self._numbers)}", self.seed, self.voice, **settings)

    def client(self) -> redis.Redis:
        return self.stack.client()

    # ---- speakers -----------------------------------------------------------------------------------------------

    def speak(
        self, sentences: int = 2, *, pace: Pace = Pace.FAST, url: str | None = None, long: bool = False,
        recorded: bool = False, judged: bool = True,
    ) -> Speaker:  # fmt: skip
        """Let somebody say so many sentences, starting now.

        Args:
            judged: whether `check` without arguments judges this speaker too.
        """
        return self.play(self.voice.speech(sentences, self.random, long, recorded), pace=pace, url=url, judged=judged)

    def play(
        self, speech: Speech | Iterable[bytes], *, pace: Pace = Pace.FAST, url: str | None = None, judged: bool = True
    ) -> Speaker:
        """Let somebody speak this, starting now."""
        speaker = Speaker(self.loop, url or self.stack.ws_url, speech, pace)
        if judged:
            self.speakers.append(speaker)
        return speaker

    def check(self, speakers: list[Speaker] | None = None, answered_s: float = _ANSWERED_S) -> int:
        """Wait for the speakers' ends and the log, then judge. Returns how many utterances that were.

        Raises AssertionError with everything that is wrong.
        """
        speakers, self.speakers = speakers or self.speakers, []
        until = time.monotonic() + answered_s
        for speaker in speakers:
            if not speaker.wait(max(1.0, until - time.monotonic())):
                speaker.history.problem = speaker.history.problem or f"no end within {answered_s:.0f} s"
        histories = [speaker.history for speaker in speakers]
        ended = {uid for h in histories for uid in h.ended()}
        with suppress(AssertionError):  # the judge says which
            wait_until(lambda: ended <= set(logged(self.log_lines())), _LOGGED_S, "lines are missing")
        time.sleep(0.3)  # if a result were written twice, the second line would come now
        wrong = judge(histories, self.log_lines())
        assert not wrong, "; ".join(wrong)
        return len(ended)

    def log_lines(self) -> list[str]:
        """Return the result lines of the log and of the files it was rotated to."""
        folder, name = self.stack.result_log.parent, self.stack.result_log.name
        files = [f for f in folder.glob(f"{name}*") if f.suffix not in (".cursor", ".lock", ".new")]
        lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
        return [line for line in lines if not line.startswith("#")]

    # ---- processes ----------------------------------------------------------------------------------------------

    def process(self, name: str) -> Process:
        return self.stack.redis.process if name == "redis" else self.stack.processes[name]

    def all_processes(self) -> list[Process]:
        return [self.stack.redis.process, *self.stack.processes.values()]

    def kill_and_restart(self, name: str, number: int = signal.SIGKILL) -> None:
        self.process(name).signal(number)
        self.process(name).wait(60)
        self.process(name).start()

    def wait_worker(self, name: str, timeout_s: float = 120) -> None:
        """Wait until this worker process has a model in memory and says so."""
        client, kind = self.client(), _KINDS[name.rstrip("0123456789")]
        process = f"{socket.gethostname()}:{self.process(name).pid}-"

        def ready() -> bool:
            return any(owner.startswith(process) for owner in living_workers(client)[kind])

        self.until(ready, timeout_s, f"{name} never became ready")

    def wait_taking(self, name: str) -> None:
        """Wait until a worker has just asked Redis for its next message, in a BRPOP of one second."""
        process, client = psutil.Process(self.process(name).pid), self.client()

        def taking() -> bool:
            ports = {c.laddr.port for c in process.net_connections("tcp")}
            waiting = [c for c in client.client_list() if c["cmd"] == "brpop" and int(c["idle"]) == 0]
            return any(int(c["addr"].rpartition(":")[2]) in ports for c in waiting)

        self.until(taking, 60, f"{name} does not ask for messages")

    @contextmanager
    def supervised(self, *processes: str) -> Iterator[None]:
        """Start again what ends inside the block, as a supervisor does."""
        stop = threading.Event()

        def watch() -> None:
            while not stop.wait(0.2):
                for name in processes:
                    if not self.process(name).running:
                        self.process(name).start()

        thread = threading.Thread(target=watch, name="chaos-supervisor")
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def mend(self) -> None:
        """Make everything run again after a fault. Raises AssertionError where it does not come back."""
        for process in self.all_processes():
            process.signal(signal.SIGCONT)
            if not process.running:
                process.start()
        self.until(self.client().ping, 60, "Redis does not answer")
        for name in _KINDS:
            self.wait_worker(name)
        self.stack.wait_ready()

    # ---- the ledger ---------------------------------------------------------------------------------------------

    def until(self, predicate: Callable[[], T], timeout_s: float, message: str) -> T:
        return wait_until(predicate, timeout_s, message)

    def wait_in_hand(self, speaker: Speaker, stage: Stage = Stage.AUDIO, timeout_s: float = 60) -> str:
        """Wait until a worker has one of this speaker's utterances in hand; returns its id."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            if not speaker.session_id:
                time.sleep(0.01)
                continue
            for seq in range(1, 30):
                uid = names.utterance_id(speaker.session_id, seq)
                fields = self.fields(uid)
                if not fields:
                    break
                if "owner" in fields and fields["stage"] == stage:
                    return uid
            time.sleep(0.01)
        raise AssertionError("no worker took an utterance in hand")

    def fields(self, uid: str) -> dict[str, str]:
        """Return the ledger's fields of one utterance; empty where there is none."""
        raw: Any = self._redis.hgetall(names.utterance_key(uid))
        return {k.decode(): v.decode() for k, v in raw.items()}
