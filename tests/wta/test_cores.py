"""A container's quota bounds the cores that are computed with."""

from __future__ import annotations

from pathlib import Path

import pytest

from wta import cores as module
from wta.cores import cores

_HOST_CORES = 64


@pytest.fixture(autouse=True)
def _large_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "allowed_cores", lambda: _HOST_CORES)


@pytest.mark.parametrize(
    ("groups", "files", "expected"),
    [
        ("0::/\n", {"cpu.max": "200000 100000"}, 2),
        ("0::/\n", {"cpu.max": "150000 100000"}, 2),
        ("0::/\n", {"cpu.max": "5000 100000"}, 1),
        ("0::/\n", {"cpu.max": "max 100000"}, _HOST_CORES),
        ("0::/\n", {}, _HOST_CORES),
        ("0::/a.slice/b\n", {"a.slice/cpu.max": "300000 100000", "a.slice/b/cpu.max": "max 100000"}, 3),
        ("0::/a.slice/b\n", {"a.slice/cpu.max": "300000 100000", "a.slice/b/cpu.max": "100000 100000"}, 1),
        ("0::/seen/from/outside\n", {"cpu.max": "400000 100000"}, 4),
        (
            "4:memory:/x\n3:cpu,cpuacct:/x\n0::/x\n",
            {"cpu,cpuacct/x/cpu.cfs_quota_us": "250000", "cpu,cpuacct/x/cpu.cfs_period_us": "100000"},
            3,
        ),
        (
            "3:cpu,cpuacct:/\n",
            {"cpu,cpuacct/cpu.cfs_quota_us": "-1", "cpu,cpuacct/cpu.cfs_period_us": "100000"},
            _HOST_CORES,
        ),
    ],
)
def test_no_more_cores_than_the_quota_of_every_group(
    tmp_path: Path, groups: str, files: dict[str, str], expected: int
) -> None:
    tree = {"proc/self/cgroup": groups} | {f"sys/fs/cgroup/{name}": text for name, text in files.items()}
    for name, text in tree.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{text.strip()}\n")
    assert cores(tmp_path) == expected


def test_where_there_are_no_groups_the_cores_count(tmp_path: Path) -> None:
    assert cores(tmp_path) == _HOST_CORES


def test_this_machine_can_be_asked() -> None:
    assert 1 <= cores() <= _HOST_CORES
