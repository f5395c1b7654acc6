"""Keeps the leases of the utterances in work, and ends a process whose work hangs."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import redis

from wta.ledger import Ledger
from wta.settings import Settings

log = logging.getLogger(__name__)

EXIT_HUNG = 75
"""Exit status of a worker that ended itself because its work hung."""


def _exit_hung() -> None:
    os._exit(EXIT_HUNG)


class LeaseKeeper:
    """Renews the leases of the utterances in work, from a thread of its own.

    Celery's time limits do nothing in the solo pool. So work that takes longer than `deadline_s` ends the whole
    process: the supervisor starts it anew, and the ledger hands the utterances out again.

    Args:
        owner: name of this process, which holds the leases.
        on_deadline: called when the deadline has passed; it ends the process.
    """

    def __init__(
        self, ledger: Ledger, owner: str, settings: Settings, on_deadline: Callable[[], None] = _exit_hung
    ) -> None:
        self.owner = owner
        self._ledger = ledger
        self._interval_s = settings.lease_s / 3
        self._deadline_s = settings.deadline_s
        self._on_deadline = on_deadline

    @contextmanager
    def hold(self, *utterance_ids: str) -> Iterator[None]:
        """Keep the leases of these utterances while the body of `with` runs, until the deadline at most."""
        done = threading.Event()
        thread = threading.Thread(target=self._keep, args=(utterance_ids, done), name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _keep(self, utterance_ids: tuple[str, ...], done: threading.Event) -> None:
        deadline = time.monotonic() + self._deadline_s
        while not done.wait(min(self._interval_s, max(0.0, deadline - time.monotonic()))):
            if time.monotonic() >= deadline:
                log.critical("hung for %.0f s utterance=%s: restarting", self._deadline_s, ",".join(utterance_ids))
                self._on_deadline()
                return
            for utterance_id in utterance_ids:
                self._renew(utterance_id)

    def _renew(self, utterance_id: str) -> None:
        try:
            self._ledger.renew(utterance_id, self.owner)
        except redis.RedisError as error:
            log.warning("lease not renewed utterance=%s: %s", utterance_id, error)
        except Exception:  # this thread keeps the deadline too, and must outlive whatever happens
            log.exception("lease not renewed utterance=%s", utterance_id)
