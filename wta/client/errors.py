"""What a client adds to the errors of the project."""

from wta.errors import WtaError


class ServerAwayError(WtaError):
    """The server cannot be reached, is full, or did not come back in time. Trying again later can succeed."""
