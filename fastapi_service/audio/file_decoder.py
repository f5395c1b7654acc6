"""Decodes an uploaded file to PCM16, in a process of its own (decoder_process.py)."""

from __future__ import annotations

import asyncio
import struct
import sys
from collections.abc import AsyncGenerator, Callable
from typing import IO

from wta.audio_format import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ
from wta.errors import AudioError

TOO_LONG = 3
"""Exit status of the decoder process for a file that is too long. Status 1 is any other fault of the file."""
LENGTH = struct.Struct("<d")
"""The first output of the decoder process: the file's length in seconds, 0 if it is not known."""
_BLOCK_BYTES = SAMPLE_RATE_HZ * BYTES_PER_SAMPLE


class TooLongError(AudioError):
    """The file holds more audio than allowed. The audio up to the limit has been yielded."""


async def decode_file(
    file: IO[bytes], longest_s: float, on_length: Callable[[float], None] | None = None
) -> AsyncGenerator[bytes, None]:
    """Yield the audio of a file as PCM16, 16 kHz mono, in blocks of one second.

    Args:
        file: a file of the operating system, at its beginning.
        longest_s: how many seconds of audio are allowed.
        on_length: called once, before the first block, with the file's length in seconds; 0 if it is not known.

    Raises AudioError if the file holds no audio that can be decoded, and TooLongError if it holds too much.
    The decoder process ends when the iteration ends, so iterate inside `contextlib.aclosing`.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "fastapi_service.audio.decoder_process", str(longest_s),
        stdin=file.fileno(), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None  # noqa: S101 - for the type checker
    try:
        length = await _block(process.stdout, LENGTH.size)
        if on_length and len(length) == LENGTH.size:
            on_length(LENGTH.unpack(length)[0])
        while block := await _block(process.stdout, _BLOCK_BYTES):
            yield block[: len(block) // BYTES_PER_SAMPLE * BYTES_PER_SAMPLE]
        status = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if status == TOO_LONG:
        raise TooLongError(f"The file is longer than {longest_s:.0f} s, the most that this server accepts at once.")
    if status != 0:
        raise AudioError("The file cannot be read as audio.")


async def _block(pipe: asyncio.StreamReader, size: int) -> bytes:
    try:
        return await pipe.readexactly(size)
    except asyncio.IncompleteReadError as error:
        return error.partial
