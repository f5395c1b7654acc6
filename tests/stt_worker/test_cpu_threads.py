"""Torch computes with as many threads as there are idle cores, on every system."""

from __future__ import annotations

from pathlib import Path

import pytest

from stt_worker.network import cpu_threads
from stt_worker.network.cpu_threads import OtherWork, idle_cores


@pytest.mark.parametrize(
    ("there", "usable", "runnable", "expected"),
    [(2, 2, 1, 2), (2, 2, 2, 1), (2, 2, 9, 1), (16, 2, 9, 2), (16, 16, 9, 8), (16, 16, 13, 4), (64, 64, 1, 8)],
)
def test_threads_are_bounded_by_the_quota_by_what_is_idle_and_by_what_gains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: int, usable: int, runnable: int, expected: int
) -> None:
    """Two cores of sixteen are idle although nine threads run: they run on the others."""
    monkeypatch.setattr("os.cpu_count", lambda: there)
    monkeypatch.setattr(cpu_threads, "cores", lambda: usable)
    (tmp_path / "loadavg").write_text(f"0.5 0.4 0.3 {runnable}/812 4711\n")
    assert idle_cores(tmp_path / "loadavg") == expected


def test_where_there_is_no_loadavg_the_time_of_other_processes_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a machine of 8 cores that tells only how long its cores were busy, and with this process
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    read, now = [(100.0, 10.0)], [50.0]
    others = OtherWork(lambda: read[0], lambda: now[0])
    # Expect all cores to be taken for busy until there was time to look
    assert others.cores() == 8
    # When in 2 s the cores were busy for 10 s, 4 s of them for this process, expect three cores to be others'
    now[0], read[0] = 52.0, (110.0, 14.0)
    assert others.cores() == 3
    # When the next look comes at once, expect the same
    now[0], read[0] = 52.1, (110.7, 14.0)
    assert others.cores() == 3


def test_without_loadavg_this_machine_can_be_asked(tmp_path: Path) -> None:
    assert 1 <= idle_cores(tmp_path / "none") <= cpu_threads.MOST_THREADS
