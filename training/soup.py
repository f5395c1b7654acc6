"""Averages several checkpoints that were trained from the same one.

Usage: `python -m training.soup run1/pass3 run2/pass2 … OUT`. The weights of runs that share their beginning lie in one
basin of the loss, where their mean is better than each of them (arXiv 2203.05482).
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import torch
import typer
from safetensors.torch import load_file, save_file

from training.encoder import trained
from training.evaluate import binary_figures
from training.sst import load_corpus

_WEIGHTS = "model.safetensors"


def mean(states: list[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """The mean of checkpoints, float32, tensor by tensor; the embedded one with its 8 bits may be among them.

    Raises KeyError where their models have different parts.
    """
    return {name: torch.stack([state[name].float() for state in states]).mean(0) for name in states[0]}


def main(
    sources: Annotated[list[Path], typer.Argument(help="Folders that save_pretrained wrote.")],
    target: Path,
    data: Path = Path("../shared/data/sst"),
    threads: int = 1,
) -> None:
    torch.set_num_threads(threads)
    shutil.copytree(sources[0], target, dirs_exist_ok=True)
    save_file(mean([load_file(source / _WEIGHTS) for source in sources]), target / _WEIGHTS, metadata={"format": "pt"})
    held = load_corpus(data).held
    for folder in (*sources, target):
        typer.echo(f"{folder}: held {binary_figures(*trained(folder), held)}")


if __name__ == "__main__":
    typer.run(main)
