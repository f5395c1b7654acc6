"""Downloads a large file that may break off: it goes on where it was, also in another process and after days."""

from __future__ import annotations

import http.client
import logging
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from wta.downloads.checksum import check_sha256
from wta.errors import ModelError

log = logging.getLogger(__name__)

_BLOCK = 1 << 20
_ATTEMPTS = 4
"""Attempts in a row that bring nothing new before the download is given up."""
_SAY_EVERY_S = 5.0


def download(url: str, target: Path, sha256: str, timeout_s: float, wait: Callable[[float], None] = time.sleep) -> None:
    """Fetch `url` into the file `target`, which appears only once it is whole and has this SHA-256.

    Until then its beginning lies beside it, as `.NAME.part`, from where the next call goes on. Raises `ModelError`.

    Args:
        timeout_s: how long the server may be silent.
        wait: waits so many seconds between two attempts.
    """
    part = target.with_name(f".{target.name}.part")
    failures = 0
    while True:
        before = _size(part)
        try:
            _go_on(url, part, timeout_s)
            break
        except (OSError, http.client.HTTPException) as error:
            failures = 0 if _size(part) > before else failures + 1
            log.warning("the download of %s broke off after %s: %s", target.name, _mb(_size(part)), error)
            if failures >= _ATTEMPTS:
                raise ModelError(_given_up(target, part, error)) from error
            wait(2.0**failures)
    try:
        check_sha256(part, sha256)
    except ModelError as error:
        part.unlink()
        raise ModelError(f"What was downloaded for {target.name} is not what was published. Try again.") from error
    part.replace(target)


def _go_on(url: str, part: Path, timeout_s: float) -> None:
    """Fetch what `part` lacks. Raises OSError where the connection breaks off, ModelError where the disk is full."""
    there = _size(part)
    request = urllib.request.Request(url, headers={"Range": f"bytes={there}-"})  # noqa: S310 - an address of our own
    try:
        answer = urllib.request.urlopen(request, timeout=timeout_s)  # noqa: S310
    except urllib.error.HTTPError as error:
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and there:
            return  # it is whole, or holds something else: its hash tells
        raise
    with answer:
        if answer.status != HTTPStatus.PARTIAL_CONTENT:  # this server cannot go on in the middle
            there = 0
        total = there + int(answer.headers.get("Content-Length") or 0)
        _check_disk(part, total - there)
        with part.open("ab" if there else "wb") as file:
            _copy(answer, file.write, part.name[1:].removesuffix(".part"), there, total)
    if _size(part) < total:
        raise ConnectionError("the connection was closed")


def _copy(answer: http.client.HTTPResponse, write: Callable[[bytes], int], name: str, there: int, total: int) -> None:
    said = time.monotonic()
    while block := answer.read(_BLOCK):
        write(block)
        there += len(block)
        if time.monotonic() - said >= _SAY_EVERY_S:
            said = time.monotonic()
            log.info("%s: %s of %s (%.0f %%)", name, _mb(there), _mb(total), 100 * there / max(1, total))


def _check_disk(part: Path, needed: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if free < needed:
        raise ModelError(f"The disk of {part.parent} has {_mb(free)} left, and the model needs {_mb(needed)} more.")


def _given_up(target: Path, part: Path, error: Exception) -> str:
    kept = f" What came so far, {_mb(_size(part))}, is kept: the next try goes on there." if _size(part) else ""
    return f"The model {target.name} could not be downloaded: {error}.{kept}"


def _size(file: Path) -> int:
    return file.stat().st_size if file.is_file() else 0


def _mb(size: int) -> str:
    return f"{size / 1e6:.0f} MB"
