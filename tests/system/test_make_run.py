"""`make run` in a folder with spaces: comes up with a Redis of its own, answers, stops on Ctrl-C.

Its output is a socket, as under systemd, which nobody reads after a while.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import httpx
import psutil

from tests.support.processes import ROOT, free_port
from tests.support.receiver import Receiver
from tests.support.speech import espeak
from tests.support.streaming import stream
from tests.support.wait import wait_until
from wta.webhooks import new_secret

_COPIED = ("Makefile", "deploy", "scripts", "wta")
"""What finds its own files from where it lies; everything else is as good as a copy when it is a link."""


def folder_with_spaces(parent: Path) -> Path:
    """This project in a folder whose name a shell would take apart."""
    folder = parent / "My Projects" / "speech & mood (it's new)"
    folder.mkdir(parents=True)
    for path in ROOT.iterdir():
        if path.name in _COPIED:
            copy = shutil.copytree if path.is_dir() else shutil.copy
            copy(path, folder / path.name)
        elif path.name not in {".git", ".run"}:
            (folder / path.name).symlink_to(path)
    return folder


def test_make_run_starts_everything_answers_and_stops(tmp_path: Path, receiver: Receiver) -> None:
    # Given `make run` with ports and a folder of its own
    port, redis_port = free_port(), free_port()
    folder = folder_with_spaces(tmp_path)
    env = {
        "WTA_PORT": str(port), "WTA_REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
        "WTA_STATE_DIR": str(folder / ".run"), "WTA_RESULT_LOG": str(folder / "result_listener.log"),
        "WTA_WEBHOOK_URLS": receiver.url, "WTA_WEBHOOK_SECRET": new_secret(),
    }  # fmt: skip
    here, there = socket.socketpair()
    with there:
        run = subprocess.Popen(
            ["make", "run"], cwd=folder, env=os.environ | env, stdin=subprocess.DEVNULL, stdout=there, stderr=there,
            start_new_session=True,
        )  # fmt: skip
    try:
        # When the page is to come, and then nobody reads what is printed any more
        with here:
            output = here.makefile("rb")
            wait_until(lambda: b"Starting" in output.readline(), 60, "it does not start")

        def ready() -> bool:
            assert run.poll() is None
            return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200

        wait_until(ready, 180, "never ready")
        # When somebody speaks, expect the words in the log and a webhook
        file = espeak("I am very happy with this, it works.", tmp_path / "speech.wav", 44_100)
        spoken = stream(f"ws://127.0.0.1:{port}/ws/audio", file)
        assert spoken.exit_code == 0, spoken.stderr
        log = (folder / "result_listener.log").read_text()
        assert [row["text"] for row in spoken.of("final") if row["text"] not in log] == []
        wait_until(lambda: receiver.deliveries, 30, "nobody was told by a webhook")
        # When Ctrl-C is pressed, expect nothing to be left
        children = psutil.Process(run.pid).children(recursive=True)
        assert len(children) >= 6
        os.killpg(run.pid, signal.SIGINT)
        run.wait(60)
        assert not psutil.wait_procs(children, timeout=5)[1], "something was left running"
    finally:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGTERM)
            run.wait(150)
