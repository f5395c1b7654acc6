"""How long an answer waits for sentiments, once all texts are there."""

_PATIENCE_S = 30.0
"""After the last event. A sentiment takes milliseconds, so whatever takes longer than this does not come."""
_PATIENCE_WITHOUT_WORKER_S = 2.0
"""The same while no sentiment worker lives."""


def is_over(waited_s: float, sentiment_away: bool) -> bool:
    """Whether nobody has to wait for sentiments any more, `waited_s` seconds after the last event."""
    return waited_s > (_PATIENCE_WITHOUT_WORKER_S if sentiment_away else _PATIENCE_S)
