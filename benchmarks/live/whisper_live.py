"""Measures WhisperLive's server with several speakers: the time from the end of speech to their last words.

It cannot be installed beside this project, because the versions that it pins contradict ours. Its code alone (`pip
install --no-deps --target FOLDER whisper-live`) runs on our versions of what it imports. It does not say which text is
final. So the time is taken when the last two words of a recording whose text is known are first shown.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.speech.recordings import Recording
from benchmarks.speech.statistics import percentiles_ms, plain
from stt_worker.engines.faster_whisper import FasterWhisperEngine
from stt_worker.settings import SttSettings
from tests.support.processes import Process, free_port
from wta.audio_format import SAMPLE_RATE_HZ
from wta.client import ServerAwayError
from wta.settings import PROJECT_ROOT

CODE = PROJECT_ROOT / ".run" / "whisper-live"
"""The folder into which `make bench` installs it."""
_FRAME_SAMPLES = SAMPLE_RATE_HZ // 10
_PATIENCE_S = 8.0
_LONGEST_S = 30.0
_SERVER = (
    "from whisper_live.server import TranscriptionServer as Server; import sys; Server().run('127.0.0.1', "
    "int(sys.argv[1]), 'faster_whisper', sys.argv[2], single_model=True, max_clients=64)"
)


@dataclass
class _Seen:
    """When one speaker began and ended, and first and last words came: monotonic seconds, None where they never did."""

    began: float = 0.0
    ended: float = 0.0
    first: float | None = None
    last: float | None = None


def measure(recordings: list[Recording], numbers: list[int], models_dir: Path, folder: Path) -> dict[str, Any]:
    """Let each of `numbers` of speakers say one recording each, at the same time. Times are in ms."""
    known = [r for r in recordings if r.text and 3 < len(r.audio) / SAMPLE_RATE_HZ < _LONGEST_S]
    if not known:
        return {}
    FasterWhisperEngine(SttSettings(model="tiny.en", models_dir=models_dir))  # this fetches missing weights
    port = free_port()
    command = [sys.executable, "-c", _SERVER, str(port), str((models_dir / "tiny.en.ctranslate2").resolve())]
    server = Process("whisper-live", command, {"PYTHONPATH": str(CODE)}, folder / "whisper-live.log")
    server.start()
    try:
        asyncio.run(_speak(port, known[:1]))
        found = {}
        for number in numbers:
            seen = asyncio.run(_speak(port, [known[n % len(known)] for n in range(number)]))
            found[str(number)] = {
                "last_word_ms": percentiles_ms([s.last - s.ended for s in seen if s.last]),
                "first_word_ms": percentiles_ms([s.first - s.began for s in seen if s.first]),
                "never": sum(s.last is None for s in seen),
            }
        return {"whisper_live": found}
    finally:
        server.stop()


async def _speak(port: int, recordings: list[Recording]) -> list[_Seen]:
    return await asyncio.gather(*(_one(port, recording) for recording in recordings))


async def _one(port: int, recording: Recording) -> _Seen:
    socket = await _connected(port)
    seen, last_words = _Seen(), " ".join(plain(recording.text or "").split()[-2:])
    reader = asyncio.create_task(_read(socket, seen, last_words))
    loud = np.flatnonzero(np.abs(recording.audio) > 0.02 * np.abs(recording.audio).max())
    started = time.monotonic()
    seen.began, seen.ended = (started + float(loud[i]) / SAMPLE_RATE_HZ for i in (0, -1))
    audio = np.concatenate([recording.audio, np.zeros(round(_PATIENCE_S * SAMPLE_RATE_HZ), dtype=np.float32)])
    for number, first in enumerate(range(0, len(audio), _FRAME_SAMPLES), start=1):
        await asyncio.sleep(max(0.0, started + number * _FRAME_SAMPLES / SAMPLE_RATE_HZ - time.monotonic()))
        await socket.send(audio[first : first + _FRAME_SAMPLES].tobytes())
        if seen.last:
            break
    reader.cancel()
    await socket.close()
    return seen


async def _connected(port: int) -> ClientConnection:
    for _ in range(120):
        try:
            socket = await connect(f"ws://127.0.0.1:{port}", max_size=None, open_timeout=20)
            break
        except OSError:
            await asyncio.sleep(0.5)
    else:
        raise ServerAwayError("WhisperLive does not answer.")
    options = {"uid": uuid.uuid4().hex, "language": "en", "task": "transcribe", "model": "tiny.en", "use_vad": False}
    await socket.send(json.dumps(options))
    while "SERVER_READY" not in str(await socket.recv()):
        pass
    return socket


async def _read(socket: ClientConnection, seen: _Seen, last_words: str) -> None:
    async for frame in socket:
        text = plain(" ".join(segment["text"] for segment in json.loads(frame).get("segments", [])))
        if text and not seen.first:
            seen.first = time.monotonic()
        if last_words in text and not seen.last:
            seen.last = time.monotonic()


def is_installed() -> bool:
    """Whether `make bench` has installed WhisperLive."""
    return CODE.is_dir()
