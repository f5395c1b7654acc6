"""Speech and sentiment workers that need no model."""

from __future__ import annotations

import threading
from collections.abc import Callable

import redis

from tests.fastapi_service.answers import give_sentiment, give_text, give_up
from wta import names
from wta.health.heartbeat import beat
from wta.ledger import Ledger
from wta.names import Stage, WorkerKind


class FakeWorkers:
    """Answers everything that comes into the ledger, while in use: `sentence 1`, `sentence 2`, …

    Args:
        sentiment: whether there is a sentiment worker.
        fail: returns whether the sentence with this `seq` is given up.
        only: returns whether the sentence with this `seq` is answered at all.
    """

    def __init__(
        self,
        client: redis.Redis,
        ledger: Ledger,
        sentiment: bool = True,
        fail: Callable[[int], bool] = lambda _: False,
        only: Callable[[int], bool] = lambda _: True,
        **abilities: object,
    ) -> None:
        self._client, self._ledger = client, ledger
        self._sentiment, self._fail, self._only, self._abilities = sentiment, fail, only, abilities
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.most_waiting = 0

    def __enter__(self) -> FakeWorkers:
        for kind in WorkerKind if self._sentiment else (WorkerKind.STT,):
            beat(self._client, kind, "test:1", {"model": "test", "abilities": self._abilities}, ttl_s=60)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(0.02):
            ids = [uid.decode() for uid in self._client.zrange(names.PENDING, 0, -1)]
            waiting = [uid for uid in ids if (u := self._ledger.get(uid)) and u.stage is Stage.AUDIO]
            self.most_waiting = max(self.most_waiting, len(waiting))
            for uid in waiting:
                self._answer(uid, int(uid.rpartition(":")[2]))

    def _answer(self, uid: str, seq: int) -> None:
        if not self._only(seq):
            return
        if self._fail(seq):
            give_up(self._ledger, uid)
            return
        give_text(self._ledger, uid, f"sentence {seq}")
        if self._sentiment:
            give_sentiment(self._ledger, uid)
