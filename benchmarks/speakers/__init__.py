"""Measures how well speakers are told apart: `python -m benchmarks.speakers`."""
