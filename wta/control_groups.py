"""The control groups that bound this process: of containers, of Kubernetes, and of systemd's units."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOT = Path("/")


def own_groups(controller: str, root: Path = ROOT) -> Iterator[tuple[int, Path]]:
    """Version, 1 or 2, and folder of each group of this process that `controller` (cpu, memory) may bound.

    A container often sees itself as the uppermost group; groups above a group bound it too. There are none where this
    is not Linux.

    Args:
        root: the folder that holds `proc` and `sys`.
    """
    mount = root / "sys" / "fs" / "cgroup"
    for line in _lines(root / "proc" / "self" / "cgroup"):
        _, controllers, path = line.split(":", 2)
        group = PurePosixPath(path.lstrip("/"))
        if not controllers:
            yield from ((2, mount / folder) for folder in (group, *group.parents))
        elif controller in controllers.split(","):
            yield from ((1, mount / controllers / folder) for folder in (group, *group.parents))


def words(file: Path) -> list[str]:
    """The words of a small file; none where it cannot be read."""
    return " ".join(_lines(file)).split()


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except OSError:  # there is no such group, or this is not Linux
        return []
