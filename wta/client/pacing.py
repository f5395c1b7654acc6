"""How fast audio is said."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from enum import StrEnum

from wta.audio_format import BYTES_PER_SAMPLE

_STEP_S = 0.1


class Pace(StrEnum):
    """How fast to say it."""

    REALTIME = "realtime"
    """As a speaker would: each tenth of a second when it has passed."""
    FAST = "fast"
    """As quickly as the server's flow control lets it."""


async def paced(blocks: Iterable[bytes], sample_rate_hz: int, pace: Pace) -> AsyncIterator[bytes]:
    """PCM16 blocks of any length → the same audio, at `pace`. `blocks` is read in a thread."""
    source = iter(blocks)
    step_bytes = round(_STEP_S * sample_rate_hz) * BYTES_PER_SAMPLE
    started, samples = time.monotonic(), 0
    while (block := await asyncio.to_thread(next, source, None)) is not None:
        if pace is Pace.FAST:
            yield block
            continue
        for first in range(0, len(block), step_bytes):
            step = block[first : first + step_bytes]
            samples += len(step) // BYTES_PER_SAMPLE
            await asyncio.sleep(max(0.0, started + samples / sample_rate_hz - time.monotonic()))
            yield step
