"""How long an answer waits for sentiments, once all texts are there."""

SENTIMENT_PATIENCE_S = 30.0
"""After the last event. A sentiment takes milliseconds, so whatever takes longer than this does not come."""
