"""Why a fault cannot be made here."""


class CannotBeMadeError(Exception):
    """This machine lacks what the fault is made with."""


class NeedsRootError(CannotBeMadeError):
    """Only root can make this fault."""
