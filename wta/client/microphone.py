"""The microphone of this machine."""

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
"""Audio kept for a program that is behind; beyond it the newest is dropped, and said."""


class Microphone:
    """Records mono PCM16 at the device's own rate. Raises AudioError where there is none, or no PortAudio."""

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
        """End `blocks`, after what was recorded so far."""
        self._stopped.set()

    async def blocks(self) -> AsyncIterator[bytes]:
        """PCM16 little-endian mono blocks of 50 ms, until `stop`. Raises AudioError."""
        loop = asyncio.get_running_loop()

        def record(data: Any, *_: Any) -> None:
            """Called by PortAudio's own thread."""
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
    """The sounddevice module; importing it loads PortAudio."""
    try:
        import sounddevice  # noqa: PLC0415 - only who uses the microphone needs PortAudio
    except ImportError as error:
        raise AudioError("The package sounddevice is missing: pip install sounddevice.") from error
    except OSError as error:
        raise AudioError(
            "PortAudio is missing: apt-get install libportaudio2 (macOS: brew install portaudio)."
        ) from error
    return sounddevice
