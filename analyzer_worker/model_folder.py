"""A sentiment model that is on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

WEIGHTS = "model.safetensors"
"""Name of the file that holds a model's weights."""


@dataclass(frozen=True)
class ModelFolder:
    """A folder that transformers' Auto classes load: configuration, tokenizer and weights."""

    name: str
    """The model's name in results."""
    path: Path
    source: str
    """Where it came from, for people to read."""
