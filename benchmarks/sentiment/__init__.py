"""Measures how good the sentiment is: `python -m benchmarks.sentiment`."""
