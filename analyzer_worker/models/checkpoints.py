"""Finds the sentiment model that is meant.

SENTIMENT_MODEL is a folder, or a model's id on the Hugging Face hub. An id is looked for in the cache on this machine,
then on the hub. Where neither has it, the checkpoint in analyzer_worker/embedded serves, with a warning.
"""

from __future__ import annotations

import logging
from pathlib import Path

from huggingface_hub import constants

from analyzer_worker.models import from_hub
from analyzer_worker.models.model_folder import WEIGHTS, ModelFolder
from analyzer_worker.settings import SentimentSettings
from wta.downloads.checksum import check_sha256
from wta.errors import ModelError

log = logging.getLogger(__name__)

EMBEDDED = Path(__file__).parents[1] / "embedded"
EMBEDDED_NAME = "embedded"


def resolve(settings: SentimentSettings) -> ModelFolder:
    """The model that the settings mean, fetched where it is not on this machine.

    Raises `ModelError` where the settings name a folder that does not exist.
    """
    asked = settings.model
    if asked == EMBEDDED_NAME:
        return embedded()
    if Path(asked).is_dir():
        return ModelFolder(Path(asked).resolve().name, Path(asked).resolve(), "path")
    if asked.startswith(("/", ".", "~")) or asked.count("/") > 1:
        raise ModelError(f"SENTIMENT_MODEL names a folder that does not exist: {asked}")
    found = from_hub.find_cached(asked, settings.revision) or _fetch_or_none(settings)
    if found is None:
        log.warning("%s is neither in the cache nor available from the hub, so the embedded checkpoint serves", asked)
        return embedded()
    return found


def embedded() -> ModelFolder:
    """The checkpoint that comes with the project; its version is a part of its name. Raises `ModelError`."""
    version = EMBEDDED / "VERSION"
    if not version.exists():
        raise ModelError(f"The embedded checkpoint is missing from {EMBEDDED}.")
    return ModelFolder(f"{EMBEDDED_NAME}/{version.read_text(encoding='utf-8').strip()}", EMBEDDED, "project")


def verify(folder: ModelFolder) -> str:
    """Check the weights by the hash under which they are stored. Returns that SHA-256; raises `ModelError`."""
    weights = folder.path / WEIGHTS
    if folder.path == EMBEDDED:
        expected = (EMBEDDED / f"{WEIGHTS}.sha256").read_text(encoding="utf-8").split()[0]
    else:
        expected = weights.resolve().name  # the cache names the file by its LFS id, which is its SHA-256
    check_sha256(weights, expected)
    return expected


def _fetch_or_none(settings: SentimentSettings) -> ModelFolder | None:
    if constants.HF_HUB_OFFLINE:
        return None
    try:
        return from_hub.fetch(settings)
    except ModelError as error:
        log.warning("%s", error)
        return None
