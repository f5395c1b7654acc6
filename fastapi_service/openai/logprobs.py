"""How sure the model is of each word, as OpenAI's clients read it."""

from __future__ import annotations

import math
from collections.abc import Iterable

from wta.messages import Final
from wta.messages.base import Message

_LEAST = 1e-9
"""The smallest probability that has a logarithm here."""


class Logprob(Message):
    """How sure the model is of a word. OpenAI has one for each token, which here is a whole word."""

    token: str
    logprob: float
    """Natural logarithm of the mean probability of the word's tokens."""
    bytes: tuple[int, ...]


def logprobs(finals: Iterable[Final]) -> tuple[Logprob, ...]:
    """Return those of all words, in the order of speech, as far as the workers have told them."""
    words = (word for final in finals for word in final.words or ())
    return tuple(
        Logprob(token=w.word, logprob=round(math.log(max(w.probability, _LEAST)), 4), bytes=tuple(w.word.encode()))
        for w in words
        if w.probability is not None
    )
