"""Describes the machine that was measured on, without its name."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import torch

from wta.cores import cores

_PACKAGES = ("torch", "openai-whisper", "faster-whisper", "ctranslate2")
_TELLING_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8")


def describe() -> dict[str, Any]:
    """Cores, processor, memory, and versions of packages."""
    return {
        "cores": cores(),
        "processor": _cpu_field("model name") or platform.machine(),
        "cpu_flags": [flag for flag in _TELLING_FLAGS if flag in (_cpu_field("flags") or "").split()],
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "torch_capability": torch.backends.cpu.get_cpu_capability(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
    }


def _cpu_field(name: str) -> str | None:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:  # not Linux
        return None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), None)
