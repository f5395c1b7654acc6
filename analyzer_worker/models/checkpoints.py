"""Finds the sentiment model that is meant.

SENTIMENT_MODEL is `embedded` (the checkpoint in analyzer_worker/embedded, the default), a folder, or a model's id on
the Hugging Face hub. An id is looked for in the cache on this machine, then on the hub. No other model ever serves in
its place.
"""

from __future__ import annotations

from pathlib import Path

from huggingface_hub import constants

from analyzer_worker.model_folder import WEIGHTS, ModelFolder
from analyzer_worker.models import from_hub
from analyzer_worker.settings import EMBEDDED_NAME, SentimentSettings
from wta.downloads.checksum import check_sha256
from wta.errors import ModelError

EMBEDDED = Path(__file__).parents[1] / "embedded"


def resolve(settings: SentimentSettings) -> ModelFolder:
    """The model that the settings mean, fetched where it is not on this machine.

    Raises `ModelError` where it cannot be had, in a sentence that says why and what to do.
    """
    asked = settings.model
    if asked == EMBEDDED_NAME:
        return embedded()
    if Path(asked).is_dir():
        return ModelFolder(Path(asked).resolve().name, Path(asked).resolve(), "path")
    if asked.startswith(("/", ".", "~")) or asked.count("/") > 1:
        raise ModelError(f"SENTIMENT_MODEL names a folder that does not exist: {asked}")
    return from_hub.find_cached(asked, settings.revision) or _fetch(settings)


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


def _fetch(settings: SentimentSettings) -> ModelFolder:
    try:
        if constants.HF_HUB_OFFLINE:
            raise ModelError("The hub is not asked, because HF_HUB_OFFLINE is set.")
        return from_hub.fetch(settings)
    except ModelError as error:
        raise ModelError(
            f"SENTIMENT_MODEL names {settings.model}, which is not on this machine and could not be fetched. {error} "
            "Fetch it where there is a network (python -m analyzer_worker.models fetch), "
            f"or leave SENTIMENT_MODEL empty: then the model that comes with the project serves ({embedded().name})."
        ) from error
