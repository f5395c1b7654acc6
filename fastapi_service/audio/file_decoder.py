"""An uploaded file as PCM16, decoded by a process of its own (decoder.py)."""

from __future__ import annotations

import asyncio
import struct
import sys
from collections.abc import AsyncGenerator, Callable
from typing import IO

from wta.audio_format import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ
from wta.errors import AudioError

TOO_LONG = 3
"""Exit status of the decoder; 1 is any other fault of the file."""
LENGTH = struct.Struct("<d")
"""What the decoder says first: seconds, 0 where they are not known."""
_BLOCK_BYTES = SAMPLE_RATE_HZ * BYTES_PER_SAMPLE


class TooLongError(AudioError):
    """There is more audio than may be; what came before was given."""


async def decoded(
    file: IO[bytes], longest_s: float, on_length: Callable[[float], None] | None = None
) -> AsyncGenerator[bytes, None]:
    """PCM16, 16 kHz mono, a second at a time. `file`: one of the operating system's, at its beginning.

    `on_length` is told beforehand how many seconds there are; 0: nobody knows.
    Raises AudioError. The process is gone when the iteration ends, whichever way: use `aclosing`.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "fastapi_service.audio.decoder_process", str(longest_s),
        stdin=file.fileno(), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None  # noqa: S101 - for the types
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
        raise TooLongError(f"The file is longer than {longest_s:.0f} s, the most that this server takes at once.")
    if status != 0:
        raise AudioError("The file cannot be read as audio.")


async def _block(pipe: asyncio.StreamReader, size: int) -> bytes:
    try:
        return await pipe.readexactly(size)
    except asyncio.IncompleteReadError as error:
        return error.partial
