"""What is wrong with one event of a client. As with OpenAI, the session goes on."""

from __future__ import annotations

from wta.errors import WtaError


class EventError(WtaError):
    """An event of a client that cannot be obeyed.

    Attributes:
        code: OpenAI's code for it.
        param: the field at fault, if it is one.
        event_id: the id that the client gave the event, if it did.
    """

    def __init__(self, message: str, code: str = "invalid_value", param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.param = param
        self.event_id: str | None = None
