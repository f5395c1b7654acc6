"""`python -m wta run`, as `make run` starts it: comes up with a Redis of its own, answers, stops on Ctrl-C."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import httpx
import psutil

from tests.support.processes import Process, free_port
from tests.support.receiver import Receiver
from tests.support.speech import espeak
from tests.support.stack import wta
from tests.support.streaming import stream
from tests.support.wait import wait_until
from wta.webhooks import new_secret


def test_make_run_starts_everything_answers_and_stops(tmp_path: Path, receiver: Receiver) -> None:
    # Given `make run` with ports and folders of its own
    port, redis_port = free_port(), free_port()
    env = {
        "WTA_PORT": str(port), "WTA_REDIS_URL": f"redis://127.0.0.1:{redis_port}/0", "WTA_STATE_DIR": str(tmp_path),
        "WTA_RESULT_LOG": str(tmp_path / "result_listener.log"), "WTA_WEBHOOK_URLS": receiver.url,
        "WTA_WEBHOOK_SECRET": new_secret(),
    }  # fmt: skip
    run = Process("run", wta("run"), env, tmp_path / "run.log")
    run.start()
    try:

        def ready() -> bool:
            assert run.running, run.tail()
            return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200

        wait_until(ready, 180, "never ready")
        # When somebody speaks, expect the words in the log and a webhook
        file = espeak("I am very happy with this, it works.", tmp_path / "speech.wav", 44_100)
        spoken = stream(f"ws://127.0.0.1:{port}/ws/audio", file)
        assert spoken.exit_code == 0, spoken.stderr
        log = (tmp_path / "result_listener.log").read_text()
        assert [row["text"] for row in spoken.of("final") if row["text"] not in log] == []
        wait_until(lambda: receiver.deliveries, 30, "nobody was told by a webhook")
        # When Ctrl-C is pressed, expect nothing to be left
        children = psutil.Process(run.pid).children(recursive=True)
        assert len(children) >= 6
        os.kill(run.pid, signal.SIGINT)
        run.wait(60)
        assert not psutil.wait_procs(children, timeout=5)[1], "something was left running"
    finally:
        run.stop()
