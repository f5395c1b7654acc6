"""Which language a session speaks, as far as its sentences so far have told.

Each sentence is judged in the light of those before it: a forward filter over a hidden Markov model whose states are
the languages. Source: Rabiner 1989, "A Tutorial on Hidden Markov Models", section III.A. docs/languages.md has the
figures that the numbers below come from.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

SWITCH = 0.1
"""Probability that the language changes from one sentence to the next."""
_WHOLE_S = 2.0
"""Seconds of speech whose evidence counts in full. Of "Okay." or "Nein." Whisper is sure for no good reason."""
_LEAST = 1e-3
"""Whisper's probability of a language is never taken for smaller: with an accent it is too sure of itself."""
_SURE = 0.8
"""From this probability on, one language alone is tried. Native speakers are above it with their first sentence."""
_LIKE = 0.5
"""A sentence that sounds less than this like the session's language is tried in its own, too."""
_TRIED = 3
"""Most languages that are tried."""
_TOKENS = 4.0
"""For how many tokens the mean log-probability of a text counts, beside what Whisper made of the sound."""
_KEPT = 4
"""Languages that are remembered; the others count as equally improbable."""


@dataclass(frozen=True, slots=True)
class LanguageBelief:
    """The probability of each language that is likely at all; they add up to 1 at most."""

    shares: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def from_state(cls, state: str | None) -> LanguageBelief:
        """The belief that `to_state` described; None, or what is broken, is a session that has said nothing yet."""
        try:
            found = json.loads(state or "{}")
            return cls({str(code): float(share) for code, share in found.items()})
        except (AttributeError, TypeError, ValueError):
            return cls()

    def to_state(self) -> str:
        """The whole belief as JSON, because another worker may hear the next sentence."""
        return json.dumps({code: round(share, 6) for code, share in self.shares.items()})

    @property
    def language(self) -> str:
        """The likeliest language. Raises ValueError where nothing was heard yet."""
        return max(self.shares, key=self.shares.__getitem__)

    def candidates(self, evidence: Mapping[str, float]) -> tuple[str, ...]:
        """The languages worth writing the sentence in: one where session and sentence are sure of it.

        Args:
            evidence: that of the sentence, as `after` was given it.
        """
        ordered = sorted(self.shares, key=self.shares.__getitem__, reverse=True)
        if self.shares[ordered[0]] < _SURE:
            return tuple(ordered[:_TRIED])
        heard = max(evidence, key=evidence.__getitem__)
        return (ordered[0],) if evidence[ordered[0]] >= _LIKE else tuple(dict.fromkeys((ordered[0], heard)))

    def after_texts(self, avg_logprobs: Mapping[str, float]) -> LanguageBelief:
        """The belief once the sentence was written in several languages: in a wrong one the words are improbable.

        Args:
            avg_logprobs: language → mean natural log-probability of the tokens of its text.
        """
        before = {code: self.shares.get(code, _LEAST) for code in avg_logprobs}
        weighed = {code: before[code] * math.exp(_TOKENS * logprob) for code, logprob in avg_logprobs.items()}
        scale = sum(before.values()) / sum(weighed.values())
        return LanguageBelief({**self.shares, **{code: scale * share for code, share in weighed.items()}})

    def after(self, evidence: Mapping[str, float], seconds: float) -> LanguageBelief:
        """The belief once another sentence was heard.

        Args:
            evidence: Whisper's probability of every language that may be spoken.
            seconds: length of the sentence.
        """
        weight = min(1.0, seconds / _WHOLE_S)
        posterior = {code: self._before(code, len(evidence)) * max(p, _LEAST) ** weight for code, p in evidence.items()}
        total = sum(posterior.values())
        likeliest = sorted(posterior, key=posterior.__getitem__, reverse=True)[:_KEPT]
        return LanguageBelief({code: posterior[code] / total for code in likeliest})

    def _before(self, code: str, languages: int) -> float:
        """The probability of a language before the sentence is heard, out of so many."""
        even = 1 / languages
        if not self.shares:
            return even
        missing = max(0.0, 1 - sum(self.shares.values()))
        return (1 - SWITCH) * self.shares.get(code, missing * even) + SWITCH * even


UNDECIDED = LanguageBelief()
"""The belief before the first sentence."""
