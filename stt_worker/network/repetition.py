"""Repetition loops: a text in which the same run of tokens comes again and again."""

from __future__ import annotations

from collections.abc import Sequence

LONGEST_LOOP = 12
"""Tokens of the longest run that is looked for: a clause of some eight words."""
ENOUGH_TOKENS = 20
"""Tokens that the repetitions must cover together: people do say "no, no, no, no"."""


def loop_length(tokens: Sequence[int]) -> int:
    """Length in tokens of the shortest run that the text ends in at least three times over; 0 where there is none."""
    return next((n for n in range(1, LONGEST_LOOP + 1) if _ends_in_loop(tokens, n)), 0)


def _ends_in_loop(tokens: Sequence[int], length: int) -> bool:
    span = max(3 * length, ENOUGH_TOKENS)
    if len(tokens) < span or tokens[-1] != tokens[-1 - length]:
        return False
    tail = tokens[-span:]
    return all(token == tail[i - length] for i, token in enumerate(tail) if i >= length)
