"""Downloads a checkpoint from OpenAI, and gives up within seconds where there is no network."""

from __future__ import annotations

import contextlib
import os
import threading
import urllib.request
from pathlib import Path

import whisper as openai_whisper

from wta.downloads import resumable

URLS: dict[str, str] = openai_whisper._MODELS
"""Addresses of the checkpoints by their names. They are private to openai-whisper, but its load_model() can block for
ever where it fetches a checkpoint itself, and begins anew where a download broke off."""
_SILENCE_S = 20.0
"""How long the host may be silent in the middle of a download; to answer at all it has the time of the setting."""


def answers(timeout_s: float) -> bool:
    """Whether OpenAI's host answers in time."""
    return _answers(URLS["tiny.en"], timeout_s)


def download(name: str, into: Path, timeout_s: float) -> Path | None:
    """Fetch a named checkpoint into the folder `into`; None where OpenAI's host does not answer in time.

    Raises `ModelError` where the download broke off for good, or brought something else.
    """
    if not _answers(URLS[name], timeout_s):
        return None
    target = into / file_name(name)
    resumable.download(URLS[name], target, expected_sha256(name), max(timeout_s, _SILENCE_S))
    return target


def cached(name: str) -> Path | None:
    """The checkpoint that openai-whisper itself has put into its cache; None where there is none."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    path = Path(home) / "whisper" / file_name(name)
    return path if path.is_file() else None


def file_name(name: str) -> str:
    """Name of the checkpoint's file, which is the end of its address. `large` and `large-v3` are one file."""
    return URLS[name].rsplit("/", 1)[-1]


def expected_sha256(name: str) -> str:
    """The hash that OpenAI published as a part of the address, in hexadecimal."""
    return URLS[name].split("/")[-2]


def _answers(url: str, timeout_s: float) -> bool:
    """Whether the host answers within `timeout_s`, the look-up of its name included.

    The look-up has no time-out of its own and can hang for minutes where a firewall drops packets. So a thread asks,
    and is left behind where it hangs.
    """
    answered = threading.Event()

    def ask() -> None:
        request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - openai-whisper's own https address
        with contextlib.suppress(OSError, ValueError), urllib.request.urlopen(request, timeout=timeout_s):  # noqa: S310
            answered.set()

    asker = threading.Thread(target=ask, name="openai-download-probe", daemon=True)
    asker.start()
    asker.join(timeout_s)
    return answered.is_set()
