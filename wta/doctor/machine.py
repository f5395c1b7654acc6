"""The doctor's look at the machine: cores, memory, processor, disk, and how git has written the files."""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from wta.control_groups import ROOT
from wta.cores import allowed_cores, cores
from wta.doctor.finding import Finding, found, missing, optional
from wta.memory import memory_bytes
from wta.settings import PROJECT_ROOT, Settings

_NEEDED_DISK_GB = 1.0
_NEEDED_MEMORY_GB = 2.5
"""Whisper tiny.en and the sentiment model with everything else, and room for the system."""
_FLUSHES = 7
_SLOW_FLUSH_S = 0.1
"""Each sentence waits for a few flushes of Redis's log. Disks take 0.1 to 20 ms for one."""
_NEEDED_FLAGS = {"sse4_2", "popcnt", "ssse3"}
"""NumPy's wheels are made for x86-64-v2."""


def check_cores(_: Settings) -> Finding:
    """Whether two cores are there; a quota of the container counts."""
    there, usable = allowed_cores(), cores()
    detail = f"{usable}" if usable == there else f"{usable} of {there}, by this container's CPU quota"
    if usable < 2:
        return optional("cores", f"{detail}: live words will be late", "give it two, such as docker run --cpus 2")
    return found("cores", detail)


def check_memory(_: Settings, root: Path = ROOT) -> Finding:
    """Whether the models fit into memory; the limit of a container counts."""
    there_gb = memory_bytes(root) / 1e9
    if there_gb < _NEEDED_MEMORY_GB:
        detail = f"{there_gb:.1f} GB may be too little: the smallest models need {_NEEDED_MEMORY_GB} GB"
        return optional("memory", detail, "add swap, or let other machines do the work (docs/deploy.md, More machines)")
    return found("memory", f"{there_gb:.0f} GB")


def check_processor(_: Settings, info: Path = Path("/proc/cpuinfo")) -> Finding:
    """Whether the processor knows what the packages were built for. Virtual machines may hide it."""
    if platform.machine() not in {"x86_64", "AMD64"} or not info.is_file():
        return found("processor", platform.machine())
    flags = {word for line in info.read_text().splitlines() if line.startswith("flags") for word in line.split()}
    if lacking := sorted(_NEEDED_FLAGS - flags):
        mend = "give the virtual machine the host's processor (QEMU, Proxmox: type host)"
        return missing("processor", f"lacks {', '.join(lacking)}", mend)
    if "avx2" not in flags:
        return optional("processor", "has no AVX2, so that texts take several times longer", "use a newer one")
    return found("processor", "x86-64 with AVX2")


def check_disk(settings: Settings) -> Finding:
    """Whether there is room for the models."""
    folder = _existing(settings.models_dir)
    free_gb = shutil.disk_usage(folder).free / 1e9
    if free_gb < _NEEDED_DISK_GB:
        return missing("disk", f"{free_gb:.1f} GB are free at {folder}", f"free {_NEEDED_DISK_GB:.0f} GB")
    return found("disk", f"{free_gb:.0f} GB free")


def check_flush(settings: Settings) -> Finding:
    """How long the disk of WTA_STATE_DIR takes to keep something for good: every sentence waits for that."""
    folder = _existing(settings.state_dir)
    try:
        took_s = _flush_s(folder)
    except OSError as error:
        return missing("flush", f"{folder} cannot be written: {error.strerror}", "set WTA_STATE_DIR to another folder")
    detail = f"{1000 * took_s:.0f} ms at {folder}"
    if took_s > _SLOW_FLUSH_S:
        mend = "set WTA_STATE_DIR to a folder on a faster disk"
        return optional("flush", f"{detail}: every sentence is late by some of these", mend)
    return found("flush", detail)


def _flush_s(folder: Path) -> float:
    times_s = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(_FLUSHES):
            file.write(b"\0" * 4096)
            file.flush()
            began_s = time.perf_counter()
            os.fsync(file.fileno())
            times_s.append(time.perf_counter() - began_s)
    return statistics.median(times_s)


def check_line_ends(_: Settings) -> Finding:
    """Whether git has written lines as Linux reads them: a clone that was made on Windows may have CRLF."""
    files = [PROJECT_ROOT / "scripts" / "setup", *(PROJECT_ROOT / "deploy" / "redis").glob("*"), PROJECT_ROOT / ".env"]
    there = [file for file in files if file.is_file()]
    spoilt = [str(file.relative_to(PROJECT_ROOT)) for file in there if b"\r\n" in file.read_bytes()]
    if spoilt:
        mend = f"sed -i 's/\\r$//' {' '.join(spoilt)}, or clone the repository again"
        return missing("lines", f"end in CRLF in {', '.join(spoilt)}", mend)
    return found("lines", "end in LF")


def _existing(folder: Path) -> Path:
    folder = folder.absolute()
    return next(each for each in (folder, *folder.parents) if each.is_dir())
