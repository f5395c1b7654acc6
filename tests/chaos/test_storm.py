"""A small storm: something dies every few seconds, and nothing is lost or doubled."""

from __future__ import annotations

from pathlib import Path

from chaos.lab import Lab
from chaos.storm import weather


def test_small_storm(tmp_path: Path) -> None:
    lab = Lab(tmp_path, seed=1)
    try:
        lab.start()
        assert "0 doubled" in weather(lab, utterances=20, kill_every_s=3)
    finally:
        lab.stop()
