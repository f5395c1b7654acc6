"""Decodes an uploaded file to PCM16, in a process of its own (decoder_process.py)."""

from __future__ import annotations

import asyncio
import os
import struct
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import IO

from wta.audio_format import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ
from wta.errors import AudioError

TOO_LONG = 3
"""Exit status of the decoder process for a file that is too long. Status 1 is any other fault of the file."""
LENGTH = struct.Struct("<d")
"""Seconds, as the decoder process writes them: first the file's length, 0 if it is not known."""
_NEEDED = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", **_NEEDED}
"""Of our environment, which holds keys and passwords, the decoder gets what Windows cannot start a program without.

For each core NumPy would have a thread, and take 40 MB: on 32 cores nothing were left of the memory that it may have.
"""
_BLOCK_BYTES = SAMPLE_RATE_HZ * BYTES_PER_SAMPLE


class TooLongError(AudioError):
    """The file holds more audio than allowed. The audio up to the limit has been yielded."""


@dataclass
class FileFacts:
    """What the decoder has found out about a file."""

    length_s: float | None = None
    """Its length, from the first block on; None if it is not known."""
    unread_s: float = 0.0
    """Seconds that could not be read, because the file is damaged or cut short; known at the end."""


async def decode_file(file: IO[bytes], longest_s: float, facts: FileFacts) -> AsyncGenerator[bytes, None]:
    """Yield the audio of a file as PCM16, 16 kHz mono, in blocks of one second.

    Args:
        file: a file of the operating system, at its beginning.
        longest_s: how many seconds of audio are allowed.
        facts: is filled in as they become known.

    A damaged part costs its own seconds only. Raises AudioError if the file holds (nearly) no audio that can be
    decoded, and TooLongError if it holds too much.
    The decoder process ends when the iteration ends, so iterate inside `contextlib.aclosing`.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "fastapi_service.audio.decoder_process", str(longest_s),
        stdin=file.fileno(), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=_ENVIRONMENT,
    )  # fmt: skip
    assert process.stdout and process.stderr  # noqa: S101 - for the type checker
    try:
        facts.length_s = _seconds(await _block(process.stdout, LENGTH.size)) or None
        while block := await _block(process.stdout, _BLOCK_BYTES):
            yield block[: len(block) // BYTES_PER_SAMPLE * BYTES_PER_SAMPLE]
        unread_s = _seconds(await _block(process.stderr, LENGTH.size))
        status = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()  # `wait` alone waits for ever where a pipe is so full that nobody reads it
    if status == TOO_LONG:
        raise TooLongError(f"The file is longer than {longest_s:.0f} s, the most that this server accepts at once.")
    if status != 0:
        raise AudioError("The file cannot be read as audio.")
    facts.unread_s = unread_s


async def _block(pipe: asyncio.StreamReader, size: int) -> bytes:
    try:
        return await pipe.readexactly(size)
    except asyncio.IncompleteReadError as error:
        return error.partial


def _seconds(packed: bytes) -> float:
    return float(LENGTH.unpack(packed)[0]) if len(packed) == LENGTH.size else 0.0
