"""Finds a model in the cache of the Hugging Face hub, and downloads it from there."""

from __future__ import annotations

import queue
import re
import threading
from collections.abc import Callable
from pathlib import Path

from huggingface_hub import get_hf_file_metadata, get_session, hf_hub_url, snapshot_download
from huggingface_hub.errors import LocalEntryNotFoundError

from analyzer_worker.model_folder import WEIGHTS, ModelFolder
from analyzer_worker.settings import SentimentSettings
from wta.downloads.checksum import check_sha256
from wta.errors import ModelError

OFFICIAL = "distilbert-base-uncased-finetuned-sst-2-english"
"""DistilBERT as its makers fine-tuned it on the same treebank."""
PINNED_REVISIONS = {OFFICIAL: "714eb0fa89d2f80546fda750413ed43d93601a13"}
"""By model, the commit of the hub that is used unless another is asked for."""
_REDIRECTS = {OFFICIAL: f"distilbert/{OFFICIAL}"}
"""The hub has given its first models an owner; a cache may know them by either name."""
_FILES = ["config.json", WEIGHTS, "tokenizer*", "vocab.*", "merges.txt", "special_tokens_map.json", "*.model"]


def revision_of(model: str, revision: str | None) -> str:
    """The revision to use: the one asked for, else the pinned one, else `main`."""
    return revision or PINNED_REVISIONS.get(model, "main")


def find_cached(model: str, revision: str | None = None) -> ModelFolder | None:
    """The model in the hub's cache on this machine; None where it is not there or not complete."""
    for name in dict.fromkeys((model, _REDIRECTS.get(model, model))):
        try:
            path = snapshot_download(
                name, revision=revision_of(model, revision), allow_patterns=_FILES, local_files_only=True
            )
        except (LocalEntryNotFoundError, ValueError):
            continue
        if (Path(path) / WEIGHTS).exists() and (Path(path) / "config.json").exists():
            return ModelFolder(model, Path(path), "cache")
    return None


def fetch(settings: SentimentSettings) -> ModelFolder:
    """Download the model of the settings from the hub into its cache, and check the weights.

    Raises `ModelError` where the hub does not answer in time, has no such model, or sent other weights than announced.
    """
    name, revision = _REDIRECTS.get(settings.model, settings.model), revision_of(settings.model, settings.revision)
    expected = _within(settings.hub_timeout_s, lambda: _lfs_sha256(name, revision, settings.hub_timeout_s))
    try:
        path = Path(snapshot_download(name, revision=revision, allow_patterns=_FILES))
    except Exception as error:  # the hub's client raises what its transport raises
        raise ModelError(f"{name} could not be downloaded: {error}") from error
    try:
        check_sha256(path / WEIGHTS, expected)
    except ModelError:
        (path / WEIGHTS).resolve().unlink(missing_ok=True)  # else the cache would serve it next time
        raise
    return ModelFolder(settings.model, path, "hub")


def _lfs_sha256(model: str, revision: str, timeout_s: float) -> str:
    """SHA-256 of the weights, which is the id that the hub's file storage (LFS) knows them by.

    It also asks the host on which the weights lie, because a firewall may block that one alone.
    """
    found = get_hf_file_metadata(hf_hub_url(model, WEIGHTS, revision=revision), timeout=timeout_s)
    get_session().head(found.location, timeout=timeout_s)
    if not re.fullmatch(r"[0-9a-f]{64}", found.etag or ""):
        raise ModelError(f"The hub does not say which hash {WEIGHTS} of {model} at {revision} has.")
    return str(found.etag)


def _within(timeout_s: float, work: Callable[[], str]) -> str:
    """The result of `work`, which may take `timeout_s` in all. Raises `ModelError` where it fails or takes longer.

    Name look-ups have no time-out of their own, and each address of a host is tried for the full time-out of its
    connection. So a thread does the work, and is left behind where it hangs.
    """
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
