"""Speaking through the system with the project's own command line."""

from __future__ import annotations

import json
import os
import subprocess
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.processes import ROOT
from tests.support.stack import wta


@dataclass
class Streamed:
    """What one run of `wta stream --json` printed."""

    exit_code: int
    rows: list[dict[str, Any]] = field(default_factory=list)
    stderr: str = ""

    def of(self, *kinds: str) -> list[dict[str, Any]]:
        return [row for row in self.rows if row["type"] in kinds]

    def texts(self) -> dict[str, str]:
        """File name → its whole text, finals in order."""
        finals: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for row in self.of("final"):
            finals[Path(row["file"]).name].append((row["seq"], row["text"]))
        return {name: " ".join(text for _, text in sorted(parts)) for name, parts in finals.items()}


def stream(url: str, *files: Path, pace: str = "fast", timeout_s: float = 300) -> Streamed:
    """Run `python -m wta stream FILE… --json` to its end."""
    command = [*wta("stream", *map(str, files), "--url", url, "--pace", pace, "--json")]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"PYTHONUNBUFFERED": "1"}, capture_output=True, text=True,
        timeout=timeout_s, check=False,
    )  # fmt: skip
    return Streamed(done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr)


def start_stream(url: str, *files: Path, pace: str = "realtime") -> subprocess.Popen[str]:
    """Start `python -m wta stream FILE… --json` without waiting for its end; give it to `finish`."""
    command = [*wta("stream", *map(str, files), "--url", url, "--pace", pace, "--json")]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str], timeout_s: float = 300) -> Streamed:
    out, err = process.communicate(timeout=timeout_s)
    return Streamed(process.returncode, [json.loads(line) for line in out.splitlines()], err)
