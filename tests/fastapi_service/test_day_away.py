"""An optional part is away for a day under load: the lists stay short, and it finds all that is still kept."""

from __future__ import annotations

import pytest
import redis

from fastapi_service.reconciler import Reconciler
from tests.fastapi_service.answers import give_sentiment, give_text
from tests.support.turned_clock import turn_on
from wta import names
from wta.broker.wakeups import MOST_WAKEUPS
from wta.ledger import Ledger, ResultsRetention
from wta.messages import Timings
from wta.names import Stage
from wta.settings import Settings

_HOUR_S = 3600
_SENTENCES = 40
"""Each hour. In the time that is kept these are more than there may be wake-ups."""
_KEPT_H = 3
QUEUES = (names.AUDIO_QUEUE, names.TEXT_QUEUE, names.EARLY_QUEUE, names.PARTIAL_QUEUE)


class Day:
    """The hours of a day, one after the other, on one Redis."""

    def __init__(self, client: redis.Redis, settings: Settings) -> None:
        kept = {"retention_s": _KEPT_H * _HOUR_S, "unfinished_retention_s": 2 * _KEPT_H * _HOUR_S}
        self.settings = settings.model_copy(update=kept)
        self.client, self.ledger = client, Ledger(client, self.settings)
        self._reconciler = Reconciler(client, self.ledger)
        self.memory: list[int] = []

    def hour(self, sentiment: bool) -> list[str]:
        """Somebody speaks, the web service does what it does each second, and an hour is over. Returns the ids."""
        session = self.ledger.open_session(16_000)
        spoken = [
            self.ledger.append(session, seq, bytes(3200), seq, seq + 0.1, seq, Timings(), "t")
            for seq in range(1, _SENTENCES + 1)
        ]
        for uid in spoken:
            give_text(self.ledger, uid, "some words")
            if sentiment:
                give_sentiment(self.ledger, uid)
        turn_on(self.client, _HOUR_S)
        self._reconciler.run_once()
        ResultsRetention(self.client, self.settings).trim()
        self.memory.append(int(self.client.info("memory")["used_memory_dataset"]))
        assert all(self.client.llen(queue) <= MOST_WAKEUPS for queue in QUEUES)
        return spoken

    def stays_within_bounds(self) -> bool:
        """Whether the last hours of the day needed no more memory than those when the first had just been forgotten."""
        return max(self.memory[-4:]) < 1.15 * max(self.memory[2 * _KEPT_H : 2 * _KEPT_H + 4])


@pytest.fixture
def day(redis_client: redis.Redis, settings: Settings) -> Day:
    return Day(redis_client, settings)


def test_a_sentiment_worker_that_was_away_for_a_day_does_what_is_still_kept(day: Day) -> None:
    spoken = [uid for _ in range(24) for uid in day.hour(sentiment=False)]
    assert day.stays_within_bounds()
    # When it comes back, expect every text of the time that is kept, the oldest first, and no other
    kept = [uid for uid in spoken if day.ledger.get(uid)]
    done: list[str] = []
    for _ in range(20):  # each claim also clears away some of what is forgotten
        for claim in day.ledger.claim_next(Stage.TEXT, "test", 100):
            assert claim.utterance
            done.append(claim.utterance.utterance_id)
            give_sentiment(day.ledger, done[-1])
    assert len(kept) >= (2 * _KEPT_H - 1) * _SENTENCES
    assert kept == spoken[-len(kept) :] and sorted(done) == sorted(kept)
    assert day.client.zcard(names.PENDING) == 0


@pytest.mark.parametrize("cursor", [names.LISTENER_CURSOR, names.WEBHOOK_CURSOR])
def test_a_reader_of_results_that_was_away_for_a_day_finds_what_is_still_kept(day: Day, cursor: str) -> None:
    # Given a listener, or a webhook worker, that has read one hour's results
    day.hour(sentiment=True)
    ((newest, _),) = day.client.xrevrange(names.RESULTS_STREAM, count=1)
    day.client.set(cursor, newest)
    # When it is away for a day
    for _ in range(24):
        day.hour(sentiment=True)
    # Expect the results of the time that is kept for it, and no older ones
    kept = day.client.xlen(names.RESULTS_STREAM)
    assert (2 * _KEPT_H - 1) * _SENTENCES <= kept <= 2 * _KEPT_H * _SENTENCES
    assert day.stays_within_bounds()
