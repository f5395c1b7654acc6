"""The errors of the project: one small hierarchy, each with words a user understands."""

from __future__ import annotations


class WtaError(Exception):
    """Base of every error the project raises on purpose. `str(error)` is fit to be shown to a user."""


class SettingsError(WtaError):
    """A setting is missing or has a value that cannot work."""


class ModelError(WtaError):
    """Model weights cannot be found, fetched or trusted."""


class RedisUnavailableError(WtaError):
    """Redis does not answer."""


class LedgerFormatError(WtaError):
    """Redis holds a ledger of another version."""


class AudioError(WtaError):
    """Audio is not what the format promises (rate, width, file kind)."""


class SessionFencedError(WtaError):
    """Another connection has taken this session over; this one may write no more."""


class SessionDeletedError(SessionFencedError):
    """The session is gone from the ledger."""

    def __init__(self) -> None:
        super().__init__("This talk was deleted from the server, or its time there is over.")


class ProtocolError(WtaError):
    """The other side of a WebSocket broke docs/protocol.md.

    Attributes:
        code: machine-readable reason, e.g. `bad_message`.
        close_code: WebSocket close code to end the connection with.
        retryable: whether connecting again in the same way can succeed.
    """

    def __init__(self, code: str, message: str, close_code: int = 4400, retryable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.close_code = close_code
        self.retryable = retryable
