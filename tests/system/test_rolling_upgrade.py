"""Parts are exchanged while somebody speaks, for newer ones or for others: nothing is lost, and nothing comes twice."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.fastapi_service.speaker import Speaker
from tests.fastapi_service.web_service import Web
from tests.support.front import Front
from tests.support.processes import ROOT, Process, free_port
from tests.support.release import OLDEST_OF_THIS_FORMAT, older_code
from tests.support.stack import Stack
from tests.support.wait import wait_until
from tests.system.talk import Talk

_PARTS = ("web", "stt", "analyzer", "listener")
_DRAIN_S = "4"


class Upgrade:
    """A system of older code, and the same parts of this code on the same Redis."""

    def __init__(self, commit: str, folder: Path) -> None:
        old_code = older_code(commit, folder / "old")
        self.stack = stack = Stack(folder / "stack", models_dir=str(ROOT / "models"), lease_s="2", drain_s=_DRAIN_S)
        self.old = {name: stack.processes[name] for name in _PARTS}
        for process in self.old.values():
            process.cwd = old_code
        self.port = free_port()
        """Port of the new web service."""
        self.new: dict[str, Process] = {}
        for name, process in self.old.items():
            new = stack.add(f"new {name}", process.command[2:])
            new.env |= {"WTA_PORT": str(self.port), "WTA_STATE_DIR": str(folder / "new")}
            self.new[name] = stack.processes.pop(new.name)

    def start(self) -> None:
        """Start old and new side by side. The old listener keeps the log, because there is one at a time."""
        for name in ("web", "stt", "analyzer"):
            self.new[name].start()
        self.stack.start()
        for name, words in {"web": "ready for", "stt": "ready model=", "analyzer": "ready model="}.items():
            log = self.new[name].log
            wait_until(lambda log=log, words=words: words in log.read_text(), 90, f"the new {name} is not ready")

    def end_old(self) -> None:
        """End the older parts, and exchange the listener."""
        if not self.new["listener"].running:
            for process in self.old.values():
                assert process.running, process.tail()
                process.signal(signal.SIGTERM)
            for process in self.old.values():
                process.stop()
            self.new["listener"].start()

    def stop(self) -> None:
        for process in self.new.values():
            process.signal(signal.SIGTERM)
        for process in self.new.values():
            process.stop()
        self.stack.stop()


@pytest.fixture(scope="module")
def upgrade(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgrade]:
    upgrade = Upgrade(OLDEST_OF_THIS_FORMAT, tmp_path_factory.mktemp("upgrade"))
    try:
        upgrade.start()
        yield upgrade
    finally:
        upgrade.stop()


def test_a_speaker_is_heard_to_the_end_while_an_older_version_goes(upgrade: Upgrade, tmp_path: Path) -> None:
    # Given both versions side by side, and somebody who speaks to the older one
    with Front(upgrade.stack.port, upgrade.port) as front:
        talk = Talk(upgrade.stack, front.ws_url, tmp_path)
        talk.wait_for(1)
        assert set(front.taken) == {upgrade.stack.port}
        # When the older parts end
        upgrade.end_old()
        # Expect everything on the page and in the log, once
        talk.finish()
        assert front.taken[-1] == upgrade.port


def test_a_speaker_loses_nothing_across_a_restart_of_web_service_and_workers(upgrade: Upgrade, tmp_path: Path) -> None:
    upgrade.end_old()
    web, url = upgrade.new["web"], f"http://127.0.0.1:{upgrade.port}"
    other = Web(upgrade.stack.redis_url, tmp_path)
    # Given somebody who speaks to one of two web services
    with Front(upgrade.port, other.port) as front:
        try:
            other.start()
            talk = Talk(upgrade.stack, front.ws_url, tmp_path)
            talk.wait_for(1)
            assert set(front.taken) == {upgrade.port}
            # When that one is told to end, expect it to say so first, and to take nobody new
            web.signal(signal.SIGTERM)
            wait_until(lambda: httpx.get(f"{url}/readyz").json()["status"] == "draining", 10, "it does not drain")
            assert httpx.get(f"{url}/readyz").status_code == 503
            with Speaker(f"ws{url.removeprefix('http')}/ws/audio") as late, pytest.raises(ConnectionClosed) as refused:
                late.start()
            assert refused.value.rcvd and refused.value.rcvd.code == 1013
            assert late.of_type("error")[0]["code"] == "unavailable"
            # When a worker is told to end while it has a sentence in hand, expect it to finish that one
            (seq, *_) = wait_until(talk.in_hand, 60, "no worker has anything to do")
            for worker in ("stt", "analyzer"):
                assert upgrade.new[worker].stop() == 0
                assert talk.is_text(seq)
                upgrade.new[worker].start()
            assert web.wait() == -signal.SIGTERM, web.tail()
            # Expect the speaker to be heard to the end by the other web service
            spoken = talk.finish()
            assert "code 1012" in spoken.stderr
            assert front.taken[0] == upgrade.port and set(front.taken[1:]) == {other.port}
        finally:
            other.process.stop()
