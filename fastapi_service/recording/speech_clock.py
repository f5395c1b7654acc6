"""Tells a session whose audio comes faster than anybody speaks."""

from __future__ import annotations

import time

from wta.ledger import Session

HEAD_START_S = 5.0
"""Audio that a live session may be ahead of its clock: what was spoken while the connection was away comes at once."""


class SpeechClock:
    """The clock of one session. It runs since the session's first connection."""

    def __init__(self, session: Session) -> None:
        self._began = time.monotonic() - session.age_s

    def is_outrun(self, audio_s: float, head_start_s: float = HEAD_START_S) -> bool:
        """Whether so many seconds of audio are more than somebody can have spoken since the session began."""
        return audio_s - (time.monotonic() - self._began) > head_start_s
