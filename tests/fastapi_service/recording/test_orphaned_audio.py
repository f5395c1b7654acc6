"""Tails of broken connections: one that fails keeps no other from being written."""

from __future__ import annotations

from typing import Any

from fastapi_service.concurrency import Threads
from fastapi_service.recording.orphaned_audio import OrphanedAudio


class Tail:
    """A recorder with an open utterance."""

    open_utterance = "s:1"

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error
        self.written = False

    def write_tail(self, _rest: bytes) -> None:
        if self._error:
            raise self._error
        self.written = True


async def test_a_tail_that_cannot_be_written_keeps_no_other_from_it() -> None:
    audio = OrphanedAudio(Threads(4), grace_s=60)
    tails: list[Any] = [Tail(RuntimeError("a fault of our own")), Tail(), Tail()]
    for tail in tails:
        audio.adopt(tail, b"")
    await audio.write_all()
    assert [tail.written for tail in tails] == [False, True, True]
