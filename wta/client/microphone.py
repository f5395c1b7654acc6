"""Records from the microphone of this machine."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

from wta.audio_format import BYTES_PER_SAMPLE, MAX_INPUT_RATE_HZ, MIN_INPUT_RATE_HZ
from wta.errors import AudioError

log = logging.getLogger(__name__)

_BLOCK_S = 0.05
_KEPT_S = 10.0
"""How much audio waits for a program that is behind. Beyond it the newest blocks are dropped, with one warning."""


class Microphone:
    """Records mono PCM16 at the device's own rate. Raises AudioError where there is no microphone or no PortAudio."""

    def __init__(self, device: int | str | None = None) -> None:
        self._sounddevice = _sounddevice()
        try:
            info: dict[str, Any] = self._sounddevice.query_devices(device, kind="input")
        except (ValueError, self._sounddevice.PortAudioError) as error:
            raise AudioError(f"No microphone was found ({error}). Plug one in, or stream a file.") from error
        self._device = device
        self.name: str = info["name"]
        rate_hz = round(info["default_samplerate"])
        self.sample_rate_hz = min(MAX_INPUT_RATE_HZ, max(MIN_INPUT_RATE_HZ, rate_hz))
        self.dropped_blocks = 0
        self._stopped = asyncio.Event()
        self._queue: asyncio.Queue[bytes] = asyncio.Queue(round(_KEPT_S / _BLOCK_S))

    def stop(self) -> None:
        """Stop recording: `blocks` yields what was recorded so far, and ends."""
        self._stopped.set()

    async def blocks(self) -> AsyncIterator[bytes]:
        """Yield PCM16 little-endian mono blocks of 50 ms until `stop` is called. Raises AudioError."""
        loop = asyncio.get_running_loop()

        def record(data: Any, *_: Any) -> None:
            """PortAudio calls this from a thread of its own."""
            loop.call_soon_threadsafe(self._put, bytes(data))

        try:
            stream = self._sounddevice.RawInputStream(
                samplerate=self.sample_rate_hz, blocksize=round(_BLOCK_S * self.sample_rate_hz), device=self._device,
                channels=1, dtype="int16", callback=record,
            )  # fmt: skip
            with stream:
                async for block in self._recorded():
                    yield block
        except self._sounddevice.PortAudioError as error:
            raise AudioError(f"The microphone {self.name!r} cannot be used: {error}") from error

    async def _recorded(self) -> AsyncIterator[bytes]:
        stopped = asyncio.create_task(self._stopped.wait())
        try:
            while not stopped.done():
                block = asyncio.create_task(self._queue.get())
                await asyncio.wait((block, stopped), return_when=asyncio.FIRST_COMPLETED)
                if block.done():
                    yield block.result()
                else:
                    block.cancel()
        finally:
            stopped.cancel()
        while not self._queue.empty():
            yield self._queue.get_nowait()

    def _put(self, block: bytes) -> None:
        if self._queue.full():
            self.dropped_blocks += 1
            if self.dropped_blocks == 1:
                log.warning("the server is more than %.0f s behind: what is said now is not recorded", _KEPT_S)
            return
        self._queue.put_nowait(block[: len(block) // BYTES_PER_SAMPLE * BYTES_PER_SAMPLE])


def _sounddevice() -> Any:
    """Import the module sounddevice, which loads PortAudio. Raises AudioError where one of the two is missing."""
    try:
        import sounddevice  # noqa: PLC0415 - only users of the microphone need PortAudio
    except ImportError as error:
        raise AudioError("The package sounddevice is missing: pip install sounddevice.") from error
    except OSError as error:
        raise AudioError(
            "PortAudio is missing: apt-get install libportaudio2 (macOS: brew install portaudio)."
        ) from error
    return sounddevice
