"""The ledger: every utterance is in Redis before anybody works on it, and leaves each stage exactly once."""

from wta.ledger.dead import Dead, DeadUtterances, Retry
from wta.ledger.format import ensure_format
from wta.ledger.ledger import Ledger
from wta.ledger.minutes import Minute, Minutes
from wta.ledger.records import Advance, Claim, ClaimStatus, Session, Utterance

__all__ = [
    "Advance",
    "Claim",
    "ClaimStatus",
    "Dead",
    "DeadUtterances",
    "Ledger",
    "Minute",
    "Minutes",
    "Retry",
    "Session",
    "Utterance",
    "ensure_format",
]
