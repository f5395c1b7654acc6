"""What the doctor says of a machine that is too small, too slow, or was cloned on Windows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wta.doctor import State, machine
from wta.settings import Settings


def test_a_small_quota_and_little_memory_are_said(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "allowed_cores", lambda: 64)
    monkeypatch.setattr(machine, "cores", lambda: 1)
    found = machine.check_cores(settings)
    assert found.state is State.OPTIONAL and "1 of 64" in found.detail and "--cpus 2" in found.mend
    for name, text in {"proc/self/cgroup": "0::/", "sys/fs/cgroup/memory.max": "1000000000"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{text}\n")
    found = machine.check_memory(settings, tmp_path)
    assert found.state is State.OPTIONAL and "1.0 GB" in found.detail and "2.5 GB" in found.detail
    (tmp_path / "sys/fs/cgroup/memory.max").write_text("max\n")
    assert machine.check_memory(settings, tmp_path).detail == machine.check_memory(settings, tmp_path / "none").detail


@pytest.mark.parametrize(
    ("flags", "state"),
    [("fpu sse2", State.MISSING), ("sse4_2 popcnt ssse3", State.OPTIONAL), ("sse4_2 popcnt ssse3 avx2", State.OK)],
)
def test_a_virtual_processor_that_hides_what_is_needed_is_said(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: str, state: State
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    (tmp_path / "cpuinfo").write_text(f"processor : 0\nflags : {flags}\n")
    assert machine.check_processor(settings, tmp_path / "cpuinfo").state is state


def test_a_slow_disk_is_said(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "ms at" in machine.check_flush(settings).detail
    monkeypatch.setattr(machine, "_flush_s", lambda _: 0.25)
    found = machine.check_flush(settings)
    assert found.state is State.OPTIONAL and "250 ms" in found.detail and "WTA_STATE_DIR" in found.mend


def test_a_folder_that_nobody_may_write_to_is_said(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)  # root may write everywhere
    assert machine.check_flush(settings).state is State.MISSING


def test_line_ends_of_windows_are_said(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.check_line_ends(settings).state is State.OK
    monkeypatch.setattr(machine, "PROJECT_ROOT", tmp_path)
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "setup").write_bytes(b"#!/usr/bin/env bash\r\nset -e\r\n")
    found = machine.check_line_ends(settings)
    assert found.state is State.MISSING and found.mend.startswith("sed -i 's/\\r$//' scripts/setup")
