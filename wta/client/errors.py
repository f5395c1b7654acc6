"""The error that only clients know."""

from wta.errors import WtaError


class ServerAwayError(WtaError):
    """The server cannot be reached, is full, or did not come back in time. Trying again later can succeed."""
