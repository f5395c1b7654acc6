"""Counts results for the statistics lines of the log."""

from __future__ import annotations

import math
from collections import Counter, OrderedDict, deque
from datetime import datetime

from listener_service.line import FAILED, format_time, label_of
from wta.messages import Label, Result
from wta.mood import Mood, Trend
from wta.words import count_words

PREFIX = "# stats "
"""Marks a line of statistics: a line that starts with `#` is never taken for a result."""
_KEPT_LATENCIES = 10_000
_KEPT_SESSIONS = 10_000
_UNKNOWN = "unknown"


class _Pace:
    """Words a minute of speech. Where a script has no spaces, characters are counted (wta/words.py)."""

    def __init__(self) -> None:
        self._words, self._audio_s = 0, 0.0

    def add(self, result: Result) -> None:
        self._words += count_words(result.text or "")
        self._audio_s += result.audio_seconds

    def __str__(self) -> str:
        return f"{self._words / self._audio_s * 60:.0f}" if self._audio_s > 0 else "-"


class Statistics:
    """Sums over results, in bounded memory however long the listener runs."""

    def __init__(self) -> None:
        self.results = 0
        self.labels: Counter[str] = Counter()
        self._scores_sum, self._scores_count = 0.0, 0
        self._latencies_s: deque[float] = deque(maxlen=_KEPT_LATENCIES)
        self._pace = _Pace()
        self._pace_of: dict[str, _Pace] = {}
        """Language → the pace of what was said in it."""
        self._sessions, self._recent_sessions = 0, OrderedDict[str, Mood]()

    def add(self, result: Result) -> None:
        self.results += 1
        self.labels[label_of(result)] += 1
        if result.score is not None:
            self._scores_sum, self._scores_count = self._scores_sum + result.score, self._scores_count + 1
        if result.latency_s is not None:
            self._latencies_s.append(result.latency_s)
        if result.text:
            self._pace.add(result)
            self._pace_of.setdefault(result.language or _UNKNOWN, _Pace()).add(result)
        self._mood_of(result.session_id).add(result.label, result.score)

    def _mood_of(self, session_id: str) -> Mood:
        """Return the mood of a session. One that speaks again after 10,000 others counts as new."""
        if session_id not in self._recent_sessions:
            self._sessions += 1
            if len(self._recent_sessions) >= _KEPT_SESSIONS:
                self._recent_sessions.popitem(last=False)
            self._recent_sessions[session_id] = Mood()
        self._recent_sessions.move_to_end(session_id)
        return self._recent_sessions[session_id]

    def line(self, of: str, now: datetime) -> str:
        """Return one line; `of` names the results it covers. Words per minute are those of speech, not of the clock."""
        labels = " ".join(f"{name}={self.labels[name]}" for name in (*Label, FAILED))
        score = f"{self._scores_sum / self._scores_count:.3f}" if self._scores_count else "-"
        return (
            f"{PREFIX}{format_time(now)} of={of} results={self.results} {labels} mean_score={score} "
            f"latency_p50={self._percentile(0.50)} latency_p95={self._percentile(0.95)} words_per_minute={self._pace} "
            f"sessions={self._sessions} {self._moods()} words_per_minute_by_language={self._paces()}"
        )

    def _moods(self) -> str:
        """Return the mean mood of all sessions that have one, and how many have each trend."""
        moods = [mood for mood in self._recent_sessions.values() if mood.level is not None]
        mean = f"{sum(mood.level or 0.0 for mood in moods) / len(moods):+.3f}" if moods else "-"
        trends = Counter(mood.trend for mood in moods)
        return f"mood={mean} " + " ".join(f"{trend}={trends[trend]}" for trend in Trend)

    def _paces(self) -> str:
        """Return the pace of each language: en:150,ko:98."""
        return ",".join(f"{code}:{pace}" for code, pace in sorted(self._pace_of.items())) or "-"

    def _percentile(self, share: float) -> str:
        """Return a percentile of the latencies by nearest rank: one that some result really had."""
        ordered = sorted(self._latencies_s)
        return f"{ordered[math.ceil(share * len(ordered)) - 1]:.2f}s" if ordered else "-"
