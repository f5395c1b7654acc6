"""Which sentiment weights are meant, and where they are.

SENTIMENT_MODEL is a folder, or a model's id on the Hugging Face hub. An id is looked for in the local cache, then on
the hub; where neither has it, the checkpoint in analyzer_worker/embedded serves, with a warning.
Command line: `python -m analyzer_worker.models list|fetch|verify [MODEL]`.
"""

from __future__ import annotations

import hashlib
import logging
import queue
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from huggingface_hub import constants, get_hf_file_metadata, get_session, hf_hub_url, snapshot_download
from huggingface_hub.errors import LocalEntryNotFoundError

from analyzer_worker.settings import DEFAULT_MODEL, SentimentSettings
from wta.errors import ModelError

log = logging.getLogger(__name__)

EMBEDDED = Path(__file__).parent / "embedded"
EMBEDDED_NAME = "embedded"
PINNED_REVISIONS = {DEFAULT_MODEL: "714eb0fa89d2f80546fda750413ed43d93601a13"}
_REDIRECTS = {DEFAULT_MODEL: f"distilbert/{DEFAULT_MODEL}"}
"""The hub has given its first models an owner; the cache knows them by either name."""
_WEIGHTS = "model.safetensors"
_FILES = ["config.json", _WEIGHTS, "tokenizer*", "vocab.*", "merges.txt", "special_tokens_map.json", "*.model"]


@dataclass(frozen=True)
class ModelFolder:
    """A model that is on this machine: the name results carry, its folder, and where it came from."""

    name: str
    path: Path
    source: str


def resolve(settings: SentimentSettings) -> ModelFolder:
    """Find the model that the settings mean, fetching it when it is not here. Raises ModelError."""
    asked = settings.model
    if asked == EMBEDDED_NAME:
        return embedded()
    if Path(asked).is_dir():
        return ModelFolder(Path(asked).resolve().name, Path(asked).resolve(), "path")
    if asked.startswith(("/", ".", "~")) or asked.count("/") > 1:
        raise ModelError(f"SENTIMENT_MODEL names a folder that does not exist: {asked}")
    found = find_cached(asked, settings.revision) or _fetch_or_none(settings)
    if found is None:
        log.warning("%s is neither in the cache nor to be had from the hub; the embedded checkpoint serves", asked)
        return embedded()
    return found


def embedded() -> ModelFolder:
    """The checkpoint that comes with the project; its version is part of its name. Raises ModelError."""
    version = EMBEDDED / "VERSION"
    if not version.exists():
        raise ModelError(f"The embedded checkpoint is missing from {EMBEDDED}.")
    return ModelFolder(f"{EMBEDDED_NAME}/{version.read_text(encoding='utf-8').strip()}", EMBEDDED, "project")


def revision_of(model: str, revision: str | None) -> str:
    return revision or PINNED_REVISIONS.get(model, "main")


def find_cached(model: str, revision: str | None = None) -> ModelFolder | None:
    """The model as the hub's cache on this machine holds it, whole, or None."""
    for name in dict.fromkeys((model, _REDIRECTS.get(model, model))):
        try:
            path = snapshot_download(
                name, revision=revision_of(model, revision), allow_patterns=_FILES, local_files_only=True
            )
        except (LocalEntryNotFoundError, ValueError):
            continue
        if (Path(path) / _WEIGHTS).exists() and (Path(path) / "config.json").exists():
            return ModelFolder(model, Path(path), "cache")
    return None


def fetch(settings: SentimentSettings) -> ModelFolder:
    """Download from the hub and check. Raises ModelError where the hub does not answer in time."""
    name, revision = _REDIRECTS.get(settings.model, settings.model), revision_of(settings.model, settings.revision)
    expected = _within(settings.hub_timeout_s, lambda: _lfs_sha256(name, revision, settings.hub_timeout_s))
    try:
        path = Path(snapshot_download(name, revision=revision, allow_patterns=_FILES))
    except Exception as error:  # the hub's client raises what its transport raises
        raise ModelError(f"{name} could not be downloaded: {error}") from error
    try:
        _check(path / _WEIGHTS, expected)
    except ModelError:
        (path / _WEIGHTS).resolve().unlink(missing_ok=True)  # else the cache would serve it next time
        raise
    return ModelFolder(settings.model, path, "hub")


def verify(folder: ModelFolder) -> str:
    """Check the weights against the id that they were stored under; returns their SHA-256. Raises ModelError."""
    weights = folder.path / _WEIGHTS
    if folder.path == EMBEDDED:
        expected = (EMBEDDED / f"{_WEIGHTS}.sha256").read_text(encoding="utf-8").split()[0]
    else:
        expected = weights.resolve().name  # the cache names a file by its LFS id, which is its SHA-256
    return _check(weights, expected)


def _fetch_or_none(settings: SentimentSettings) -> ModelFolder | None:
    if constants.HF_HUB_OFFLINE:
        return None
    try:
        return fetch(settings)
    except ModelError as error:
        log.warning("%s", error)
        return None


def _lfs_sha256(model: str, revision: str, timeout_s: float) -> str:
    """The LFS id of the weights. Asks the host they lie on too, for a firewall may block that one alone."""
    found = get_hf_file_metadata(hf_hub_url(model, _WEIGHTS, revision=revision), timeout=timeout_s)
    get_session().head(found.location, timeout=timeout_s)
    if not re.fullmatch(r"[0-9a-f]{64}", found.etag or ""):
        raise ModelError(f"The hub does not say which hash {_WEIGHTS} of {model} at {revision} has.")
    return str(found.etag)


def _within(timeout_s: float, work: Callable[[], str]) -> str:
    """Run `work` with a limit on the whole: name look-ups and the tries of each address have none of their own."""
    done: queue.Queue[str | Exception] = queue.Queue()

    def run() -> None:
        try:
            done.put(work())
        except Exception as error:
            done.put(error)

    threading.Thread(target=run, daemon=True, name="hub-probe").start()
    try:
        result = done.get(timeout=timeout_s)
    except queue.Empty:
        raise ModelError(f"The hub did not answer within {timeout_s:g} s.") from None
    if isinstance(result, ModelError):
        raise result
    if isinstance(result, Exception):
        raise ModelError(f"The hub cannot be reached: {result}") from result
    return result


def _check(path: Path, expected_sha256: str) -> str:
    if not path.exists():
        raise ModelError(f"{path} is missing.")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected_sha256:
        raise ModelError(f"{path} is damaged (SHA-256 {found[:12]}…); delete it and it is fetched again.")
    return found


cli = typer.Typer(add_completion=False, help="Sentiment models: list, fetch, verify.", no_args_is_help=True)
_Model = Annotated[str, typer.Argument(envvar="SENTIMENT_MODEL", help="A folder or a hub id.")]


@cli.command("list")
def list_models(model: _Model = DEFAULT_MODEL) -> None:
    """What is on this machine, and what would be used."""
    cached = find_cached(model)
    typer.echo(f"{model}: {cached.path if cached else 'not in the cache'}")
    typer.echo(f"{embedded().name}: {EMBEDDED}")


@cli.command("fetch")
def fetch_model(model: _Model = DEFAULT_MODEL, timeout_s: float = 5.0) -> None:
    """Download a model from the hub."""
    found = find_cached(model)
    try:
        found = found or fetch(SentimentSettings(model=model, hub_timeout_s=timeout_s))
    except ModelError as error:
        typer.echo(f"{error} The embedded checkpoint serves instead.", err=True)
        # Whoever named a model wants that one; whoever named none is served.
        raise typer.Exit(model != DEFAULT_MODEL) from error
    typer.echo(f"{found.name}: {found.path}")


@cli.command("verify")
def verify_models(model: _Model = DEFAULT_MODEL) -> None:
    """Check the weights that are here by their hashes."""
    for folder in filter(None, (find_cached(model), embedded())):
        try:
            typer.echo(f"{folder.name}: {verify(folder)[:12]} right")
        except ModelError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from error


if __name__ == "__main__":
    cli()
