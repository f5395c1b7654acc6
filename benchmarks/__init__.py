"""Measures speed and quality. `python -m benchmarks` writes its figures to benchmarks/results."""
