"""Sets the speed at which audio is sent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from enum import StrEnum

from wta.audio_format import BYTES_PER_SAMPLE

_STEP_S = 0.1


class Pace(StrEnum):
    """The speed at which audio is sent."""

    REALTIME = "realtime"
    """As fast as a person speaks: each tenth of a second is sent when that time has passed."""
    FAST = "fast"
    """As fast as the server's flow control allows."""


async def paced(blocks: Iterable[bytes], sample_rate_hz: int, pace: Pace) -> AsyncIterator[bytes]:
    """Yield the audio of `blocks` (PCM16 mono, of any length each) at `pace`. `blocks` is read in a thread."""
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
