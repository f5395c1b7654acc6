"""The summary of a session: a few figures for all of its utterances."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from wta.ledger import Utterance
from wta.messages import Summary
from wta.mood import Mood
from wta.names import Stage
from wta.words import count_words


def summarize(utterances: Sequence[Utterance]) -> Summary:
    """Summarize a session's utterances. Only utterances with text count, except for `failed`: those were given up."""
    with_text = [u for u in utterances if u.text]
    scores = [u.score for u in with_text if u.score is not None]
    mood = Mood()
    for utterance in sorted(with_text, key=lambda u: u.seq):
        mood.add(utterance.label, utterance.score)
    return Summary(
        utterances=len(with_text),
        words=sum(count_words(u.text or "") for u in with_text),
        audio_seconds=round(sum(u.end_s - u.start_s for u in with_text), 3),
        labels=dict(Counter(str(u.label) for u in with_text if u.label)),
        mean_score=sum(scores) / len(scores) if scores else None,
        failed=sum(u.stage is Stage.FAILED for u in utterances),
        mood=None if mood.level is None else round(mood.level, 4),
        trend=None if mood.level is None else mood.trend.value,
    )
