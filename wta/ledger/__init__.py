"""The ledger: each utterance is written to Redis before anybody works on it, and leaves each stage exactly once."""

from wta.ledger.dead import Dead, DeadUtterances, RetryOutcome
from wta.ledger.format import ensure_format
from wta.ledger.ledger import Ledger
from wta.ledger.minutes import Minute, Minutes
from wta.ledger.records import Advance, Backlog, Claim, ClaimStatus, Session, Utterance
from wta.ledger.retention import ResultsRetention
from wta.ledger.sessions import UNUSED_TTL_S

__all__ = [
    "UNUSED_TTL_S",
    "Advance",
    "Backlog",
    "Claim",
    "ClaimStatus",
    "Dead",
    "DeadUtterances",
    "Ledger",
    "Minute",
    "Minutes",
    "ResultsRetention",
    "RetryOutcome",
    "Session",
    "Utterance",
    "ensure_format",
]
