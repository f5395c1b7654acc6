"""The judge: what was said, what the speaker's page showed and what the log holds must be one and the same. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from chaos.history import SpeakerHistory

_LINE = re.compile(r"^\d{4}-\d\d-\d\dT\S+Z\s+(\S+)\s+#(\d+)\s+(\S+)\s")
_COVERED = 0.6
"""Share of a spoken sentence that the utterances on the page must cover: the VAD cuts a little off its ends."""
_TWICE = 0.6
"""Share of a sentence that two utterances may not both hold."""


def logged(lines: Iterable[str]) -> list[str]:
    """Return the utterance ids of the result lines among `lines`."""
    return [f"{m[1]}:{int(m[2])}" for line in lines if (m := _LINE.match(line))]


def judge(speakers: Sequence[SpeakerHistory], log_lines: Iterable[str]) -> list[str]:
    """Return what is wrong, in words; empty where each utterance is once in the log and once on its page."""
    log = Counter(logged(log_lines))
    return [f"{s.session_id or '(no session)'}: {words}" for s in speakers for words in _judge_one(s, log)]


def _judge_one(speaker: SpeakerHistory, log: Counter[str]) -> Iterator[str]:
    if speaker.problem or not speaker.finished:
        yield speaker.problem or "never came to its end"
    yield from _doubled("on the page", Counter(uid for uid, _ in speaker.finals))
    yield from _doubled("on the page, its sentiment,", Counter(speaker.sentiments))
    yield from _doubled("answered", Counter(set(speaker.no_speech)) + Counter(set(speaker.failures)))
    mine = Counter({uid: n for uid, n in log.items() if uid.rpartition(":")[0] == speaker.session_id})
    yield from _doubled("in the log", mine)
    shown = {uid for uid, _ in speaker.finals}
    ended = speaker.ended()
    yield from (f"{uid} has a text and no end" for uid in sorted(shown - ended))
    yield from (f"{uid} is on the page and not in the log" for uid in sorted(ended - set(mine)))
    yield from (f"{uid} is in the log and not on the page" for uid in sorted(set(mine) - ended))
    yield from _silent(speaker)


def _doubled(where: str, counts: Counter[str]) -> Iterator[str]:
    return (f"{uid} is {where} {count} times" for uid, count in sorted(counts.items()) if count > 1)


def _silent(speaker: SpeakerHistory) -> Iterator[str]:
    answered = set(speaker.answered())
    yield from (f"{uid} was acknowledged and never answered" for uid in sorted(set(speaker.acknowledged) - answered))
    numbers = {int(uid.rpartition(":")[2]) for uid in answered}
    yield from (f"number {n} is missing" for n in range(1, max(numbers, default=0)) if n not in numbers)
    spans = speaker.spans()
    for said in speaker.spoken:
        length = said.end_s - said.start_s
        shares = sorted((said.shared(span) / length for span in spans), reverse=True)
        if sum(shares) < _COVERED:
            yield f"what was said at {said.start_s:.1f} s is in no utterance"
        elif len(shares) > 1 and shares[1] > _TWICE:
            yield f"what was said at {said.start_s:.1f} s is in two utterances"
