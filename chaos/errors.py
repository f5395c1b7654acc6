"""Why a fault cannot be made here."""

from __future__ import annotations

from wta.errors import WtaError


class CannotBeMadeError(WtaError):
    """This machine lacks what the fault is made with."""


class NeedsRootError(CannotBeMadeError):
    """Only root can make this fault."""
