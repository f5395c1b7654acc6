"""How the server refuses a new session."""

from __future__ import annotations

from typing import NamedTuple

from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.fastapi_service.speaker import Speaker as RawSpeaker


class Refusal(NamedTuple):
    """How a connection was closed before `ready`."""

    code: int
    words: str = ""

    def __str__(self) -> str:
        return f"{self.code} ({self.words})"


def refusal(url: str, resume_token: str | None = None) -> Refusal | None:
    """Try to begin a session. Returns how it was refused; None where it was admitted, and then ended."""
    try:
        with RawSpeaker(url, resume_token=resume_token) as speaker:
            try:
                speaker.start()
            except ConnectionClosed as closed:
                words = [m["message"] for m in speaker.of_type("error")]
                return Refusal(closed.rcvd.code if closed.rcvd else 1006, words[-1] if words else "")
            speaker.order("stop")
            speaker.until_closed()
            return None
    except InvalidStatus as error:
        return Refusal(error.response.status_code)
