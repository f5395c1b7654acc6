"""The ledger: every utterance is in Redis before anybody works on it, and leaves each stage exactly once."""

from wta.ledger.format import ensure_format
from wta.ledger.ledger import Ledger
from wta.ledger.records import Advance, Claim, ClaimStatus, Session, UnknownSessionError, Utterance

__all__ = ["Advance", "Claim", "ClaimStatus", "Ledger", "Session", "UnknownSessionError", "Utterance", "ensure_format"]
