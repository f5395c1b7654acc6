"""The errors of the project: one small hierarchy, each with words that a user understands."""

from __future__ import annotations


class WtaError(Exception):
    """Base of every error that the project raises on purpose. `str(error)` is fit to be shown to a user."""


class SettingsError(WtaError):
    """A setting is missing or has a value that cannot work."""


class ModelError(WtaError):
    """Model weights cannot be found, fetched or trusted."""


class RedisUnavailableError(WtaError):
    """Redis does not answer."""


class LedgerFormatError(WtaError):
    """Redis holds a ledger that another version of this program has written."""


class AudioError(WtaError):
    """Audio is not what its format promises (rate, width, kind of file)."""


class UnknownSessionError(WtaError):
    """No session has this resume token, or its retention time is over."""


class SessionFencedError(WtaError):
    """Another connection has taken this session over; this one may write no more."""


class LedgerWentBackError(WtaError):
    """Redis has lost a session's newest part (a failover, a restored backup). Its client must resume."""

    def __init__(self) -> None:
        super().__init__("The server's store has lost the last moments. Connecting again.")


class SessionDeletedError(SessionFencedError):
    """The session is gone from the ledger."""

    def __init__(self) -> None:
        super().__init__("This talk was deleted from the server, or its time there is over.")


class ClientError(WtaError):
    """The other side is told `code` and the message. Its two kinds are ProtocolError and RefusedError.

    Attributes:
        code: machine-readable reason, such as `bad_message`; docs/protocol.md lists them.
        close_code: WebSocket close code to end the connection with.
        retryable: whether connecting again in the same way can succeed.
        retry_after_s: seconds to wait before connecting again; None where that is not known.
    """

    retry_after_s: int | None = None

    def __init__(self, code: str, message: str, close_code: int = 4400, retryable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.close_code = close_code
        self.retryable = retryable


class ProtocolError(ClientError):
    """The other side broke docs/protocol.md."""


class RefusedError(ClientError):
    """The request is well-formed, but this server does not serve it: it is full, wants a key, or cannot do that."""
