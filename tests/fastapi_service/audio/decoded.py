"""What the decoder makes of a file, and a sound whose place in it can be heard."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

import numpy as np

from fastapi_service.audio.file_decoder import FileFacts, decode_file


def tone(seconds: float) -> bytes:
    """A tone that rises, as PCM16 at 16 kHz."""
    at = np.arange(round(seconds * 16_000)) / 16_000
    return (8_000 * np.sin(2 * np.pi * (300 + 50 * at) * at)).astype("<i2").tobytes()


def decoded(path: Path) -> tuple[np.ndarray, FileFacts]:
    facts = FileFacts()

    async def run() -> bytes:
        with path.open("rb") as file:
            async with aclosing(decode_file(file, 3_600, facts)) as audio:
                return b"".join([block async for block in audio])

    return np.frombuffer(asyncio.run(run()), dtype="<i2"), facts
