"""Texts that go round in a circle."""

from __future__ import annotations

from collections.abc import Sequence

LONGEST_CIRCLE = 12
"""Tokens: a clause of some eight words."""
ENOUGH_TOKENS = 20
"""A circle must cover so many tokens: people do say "no, no, no, no"."""


def circle_length(tokens: Sequence[int]) -> int:
    """Length of the run that the tokens end in at least three times over; 0 when there is none."""
    return next((n for n in range(1, LONGEST_CIRCLE + 1) if _ends_in_circle(tokens, n)), 0)


def _ends_in_circle(tokens: Sequence[int], length: int) -> bool:
    span = max(3 * length, ENOUGH_TOKENS)
    if len(tokens) < span or tokens[-1] != tokens[-1 - length]:
        return False
    tail = tokens[-span:]
    return all(token == tail[i - length] for i, token in enumerate(tail) if i >= length)
