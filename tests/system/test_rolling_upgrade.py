"""An older version is replaced by this one while somebody speaks: nothing is lost, and nothing comes twice."""

from __future__ import annotations

from pathlib import Path

from tests.support.front import Front
from tests.support.processes import ROOT, Process, free_port
from tests.support.release import NEWEST_OF_FORMAT_1, OLDEST_OF_THIS_FORMAT, older_code
from tests.support.stack import Stack
from tests.support.wait import wait_until
from tests.system.talk import SENTENCES, Talk

_PARTS = ("web", "stt", "analyzer", "listener")


class _Upgrade:
    """A system of older code, and the same parts of this code on the same Redis, not started yet."""

    def __init__(self, commit: str, folder: Path) -> None:
        old_code = older_code(commit, folder / "old")
        self.stack = stack = Stack(folder / "stack", models_dir=str(ROOT / "models"), lease_s="2")
        self.old = {name: stack.processes[name] for name in _PARTS}
        for process in self.old.values():
            process.cwd = old_code
        self.new_port = free_port()
        self.new: dict[str, Process] = {}
        for name, process in self.old.items():
            new = stack.add(f"new {name}", process.command[2:])
            new.env |= {"WTA_PORT": str(self.new_port), "WTA_STATE_DIR": str(folder / "new")}
            self.new[name] = stack.processes.pop(new.name)

    def start_old(self) -> None:
        self.stack.start()

    def start_new(self, *names: str) -> None:
        for name in names:
            self.new[name].start()
        for name in set(names) - {"listener"}:
            log, word = self.new[name].log, "ready for" if name == "web" else "ready model="
            wait_until(lambda log=log, word=word: word in log.read_text(), 90, f"the new {name} is not ready")

    def end_old(self, *names: str) -> None:
        for name in names:
            assert self.old[name].running, self.old[name].tail()
            self.old[name].stop()

    def stop(self) -> None:
        for process in self.new.values():
            process.stop()
        self.stack.stop()


def test_a_speaker_is_heard_to_the_end_while_old_and_new_run_side_by_side(tmp_path: Path) -> None:
    # Given both versions side by side, and somebody who speaks to the older one
    upgrade = _Upgrade(OLDEST_OF_THIS_FORMAT, tmp_path)
    with Front(upgrade.stack.port, upgrade.new_port) as front:
        try:
            upgrade.start_old()
            upgrade.start_new("stt", "analyzer", "web")
            talk = Talk(upgrade.stack, front.ws_url, tmp_path)
            talk.wait_for(1)
            assert set(front.taken) == {upgrade.stack.port}
            # When the older parts go, and the listener, of which there is one at a time, is exchanged
            upgrade.end_old("web", "stt", "analyzer", "listener")
            upgrade.start_new("listener")
            # Expect everything on the page and in the log, once
            talk.finish()
            assert front.taken[-1] == upgrade.new_port
        finally:
            upgrade.stop()


def test_a_speaker_is_heard_to_the_end_while_a_version_of_another_format_is_replaced(tmp_path: Path) -> None:
    # Given somebody who speaks to version 0.9.0
    upgrade = _Upgrade(NEWEST_OF_FORMAT_1, tmp_path)
    with Front(upgrade.stack.port, upgrade.new_port) as front:
        try:
            upgrade.start_old()
            talk = Talk(upgrade.stack, front.ws_url, tmp_path, SENTENCES[:2])
            talk.wait_for(1)
            # When its workers and its listener go, and this version comes, which brings the ledger to its format
            upgrade.end_old("stt", "analyzer", "listener")
            upgrade.start_new("stt", "analyzer", "web", "listener")
            # Expect its web service to end by itself
            upgrade.old["web"].wait()
            # Expect everything on the page and in the log, once
            talk.finish()
            assert front.taken[-1] == upgrade.new_port
        finally:
            upgrade.stop()
