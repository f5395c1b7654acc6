"""Faults of workers: they die, freeze, hang, grow, or are told to go."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil

from chaos.lab import Lab
from chaos.local_run import LocalRun
from chaos.registry import fault
from tests.support.processes import Process
from wta import names
from wta.worker.leases import EXIT_HUNG

_MEMORY_MB = 900
"""More megabytes than a speech worker with tiny.en takes, and fewer than the machine has."""


@fault(1, "worker SIGKILL mid-task", quick=True)
def killed_in_mid_task(lab: Lab) -> str:
    speaker = lab.speak(2, long=True)
    lab.wait_in_hand(speaker)
    lab.kill_and_restart("stt")
    return f"{lab.check([speaker])} utterances, once each"


@fault(2, "SIGKILL in the BRPOP window")
def killed_while_taking(lab: Lab) -> str:
    worker = lab.process("stt")
    worker.signal(signal.SIGSTOP)
    speaker = lab.speak(1)
    lab.until(lambda: speaker.history.acknowledged, 30, "nothing was acknowledged")
    lost = next(filter(None, (_lose_message(lab) for _ in range(5))), None)
    assert lost, "the window was not hit"
    tag = json.loads(lost)["properties"]["delivery_tag"]
    assert not lab.client().hexists("unacked", tag), "Celery still knows of the message: this was not the window"
    lab.kill_and_restart("stt")
    lab.wait_worker("stt")
    ready = time.monotonic()
    lab.check([speaker])
    return f"Celery had lost it; answered {time.monotonic() - ready:.1f} s after the next worker was ready"


def _lose_message(lab: Lab) -> bytes | None:
    """Give the waiting message to a frozen worker that has asked for one. Returns it; None: it came too late."""
    client = lab.client()
    message: Any = lab.until(lambda: client.rpop(names.AUDIO_QUEUE), 30, "nothing is queued")
    lab.process("stt").signal(signal.SIGCONT)
    lab.wait_taking("stt")
    lab.process("stt").signal(signal.SIGSTOP)
    client.rpush(names.AUDIO_QUEUE, message)
    time.sleep(0.1)
    others = client.lrange(names.AUDIO_QUEUE, 0, -1)  # they may have come meanwhile
    return None if message in others else message


@fault(3, "SIGTERM mid-task", quick=True)
def told_to_go(lab: Lab) -> str:
    worker = lab.process("stt")
    speaker = lab.speak(0, long=True)
    uid = lab.wait_in_hand(speaker)
    told = time.monotonic()
    worker.signal(signal.SIGTERM)
    status = worker.wait(90)
    took_s = time.monotonic() - told
    assert status == 0, f"exit status {status}"
    assert lab.fields(uid)["stage"] != names.Stage.AUDIO, "the task in hand was not finished"
    worker.start()
    lab.check([speaker])
    return f"finished its task and went, in {took_s:.1f} s"


@fault(4, "SIGQUIT mid-task")
def quit_at_once(lab: Lab) -> str:
    speaker = lab.speak(1, long=True)
    lab.wait_in_hand(speaker)
    lab.process("stt").signal(signal.SIGQUIT)
    status = lab.process("stt").wait(60)
    lab.process("stt").start()
    return f"ended with status {status}; {lab.check([speaker])} utterances, once each"


@fault(5, "worker frozen, under the real supervisor", limit_s=300, shared=False)
def frozen(lab: Lab) -> str:
    with LocalRun(lab).running() as local:
        pid = local.worker_pid("stt_worker")
        os.kill(pid, signal.SIGSTOP)
        stopped = time.monotonic()
        speaker = lab.play(lab.voice.speech(1, lab.random), url=local.ws_url, judged=False)
        lab.until(lambda: not psutil.pid_exists(pid), 120, "the frozen worker was not ended")
        ended_s = time.monotonic() - stopped
        local.check(speaker)
        return f"ended after {ended_s:.0f} s, its utterance answered after {time.monotonic() - stopped:.0f} s"


@fault(6, "task hangs", limit_s=240)
def hangs(lab: Lab) -> str:
    with sick(lab, "hang", WTA_DEADLINE_S="5") as worker:
        speaker = lab.speak(1, long=True)
        lab.wait_in_hand(speaker)
        hung = time.monotonic()
        status = worker.wait(60)
        ended_s = time.monotonic() - hung
        assert status == EXIT_HUNG, f"exit status {status}"
        worker.start()
        lab.check([speaker])
    return f"ended itself after {ended_s:.1f} s (deadline 5 s), then retried"


@fault(7, "poison audio", limit_s=300)
def poison(lab: Lab) -> str:
    with sick(lab, "exit"), lab.supervised("stt"):
        return _given_up(lab)


@fault(8, "out of memory", limit_s=300)
def out_of_memory(lab: Lab) -> str:
    with sick(lab, "grow"), lab.supervised("stt"), _memory_limit(lab, "stt"):
        return _given_up(lab)


def _given_up(lab: Lab) -> str:
    """Let one sentence kill each worker that tries it, while all others must be answered."""
    began = time.monotonic()
    sick, healthy = lab.speak(1, long=True), lab.speak(1)
    sick.wait(200)
    assert sick.history.failures == [names.utterance_id(sick.session_id, 1)], "no failure was shown"
    failed = [line for line in lab.log_lines() if sick.session_id in line and "FAILED" in line]
    lab.check([sick, healthy])
    assert lab.client().zscore(names.DEAD, sick.history.failures[0]), "it is not in the dead set"
    return f"shown as failed after {time.monotonic() - began:.0f} s; {len(failed)} line; the others answered"


@contextmanager
def sick(lab: Lab, sickness: str, **env: str) -> Iterator[Process]:
    """Replace the speech worker by a sick one inside the block (chaos/sick_worker.py)."""
    well, mark = lab.process("stt"), lab.folder / f"{sickness}.mark"
    mark.touch()
    well.stop()
    sick = lab.stack.add("stt", ["celery", "-A", "chaos.sick_worker:celery_app", *well.command[5:]])
    sick.env |= {"CHAOS_SICKNESS": sickness, "CHAOS_MARK": str(mark), **env}
    sick.start()
    lab.wait_worker("stt")
    try:
        yield sick
    finally:
        sick.kill()
        lab.stack.processes["stt"] = well
        well.start()


@contextmanager
def _memory_limit(lab: Lab, name: str) -> Iterator[None]:
    """Kill a process that takes too much memory, as the kernel does inside a container with a limit."""
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.05):
            try:
                if psutil.Process(lab.process(name).pid).memory_info().rss > _MEMORY_MB << 20:
                    lab.process(name).signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                pass

    thread = threading.Thread(target=watch, name="chaos-oom")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
