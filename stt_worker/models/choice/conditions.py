"""What a measured speed depends on: where one of these changes, the machine is measured again."""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from stt_worker.settings import SttSettings
from wta import __version__
from wta.cores import cores
from wta.memory import memory_bytes


@dataclass(frozen=True, slots=True)
class Conditions:
    """The machine, as far as it decides how fast a model is and whether it fits, and the program."""

    processor: str
    cores: int
    """Cores that are computed with."""
    memory_gb: int
    version: str
    torch: str

    @classmethod
    def here(cls, settings: SttSettings) -> Conditions:
        """The conditions of this process; a container's limits count."""
        return cls(
            processor=_processor(),
            cores=min(settings.threads or cores(), cores()),
            memory_gb=round(memory_bytes() / 1e9),
            version=__version__,
            torch=torch.__version__,
        )

    def __str__(self) -> str:
        return f"{self.cores} {'core' if self.cores == 1 else 'cores'} of {self.processor}, {self.memory_gb} GB"

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def _processor(info: Path = Path("/proc/cpuinfo")) -> str:
    try:
        lines = info.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:  # this is not Linux
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()
