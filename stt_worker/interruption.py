"""Lets live speech interrupt a long transcription: between two of its steps, what is urgent is done first.

Without this, the words of somebody who speaks would wait until the sentence of a file has been worked on to its end,
which takes seconds for a long one (docs/adr/stt-interruption.md).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import redis

from wta import names
from wta.broker.task_message import id_of
from wta.ledger import ClaimStatus

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.05
_EXPECTED_S = 1.5
"""How long after an early text its utterance is expected to end. Its speaker goes on, if it has not ended by then."""

_Early = Callable[[str], None]
_Final = Callable[[str], ClaimStatus]


class Interruption:
    """Does early requests inside other work, and the final texts that come of them. Not for several threads.

    Args:
        client: of the Redis that holds the queues.
        early: makes the early text of an utterance.
        final: claims this utterance and makes its final text, if it is over. Returns the claim's status.
    """

    def __init__(self, client: redis.Redis, early: _Early, final: _Final) -> None:
        self._redis = client
        self._early = early
        self._final = final
        self._open = False
        """Whether work may be interrupted now. What interrupts is not interrupted itself."""
        self._inside: set[str] = set()
        """Utterances in work. This worker holds their leases, so the ledger would give them to it again."""
        self._look_again = 0.0
        """When to look for urgent work again, by time.monotonic()."""
        self._expected: dict[str, float] = {}
        """Utterances that have an early text, and until when each is expected to end."""

    @contextmanager
    def allowed(self, utterance_id: str) -> Iterator[None]:
        """Let the work on an utterance, inside the block, be interrupted wherever it calls `look`."""
        outermost = not self._inside
        self._inside.add(utterance_id)
        self._open = outermost
        if outermost:  # short work is not worth a look
            self._look_again = max(self._look_again, time.monotonic() + _LOOK_EVERY_S)
        try:
            yield
        finally:
            self._inside.discard(utterance_id)
            self._open = False

    def look(self) -> None:
        """Do what is urgent, if it is time to look. Raises nothing: the work that is interrupted goes on.

        What interrupts takes at most half of the time. So whoever is interrupted comes to an end.
        """
        began = time.monotonic()
        if not self._open or began < self._look_again:
            return
        self._open = False
        try:
            self._do_urgent()
        except redis.RedisError as error:
            log.warning("the queues do not tell what is urgent: %s", error)
        except Exception:
            log.exception("an interruption failed")
        finally:
            self._open = True
            now = time.monotonic()
            self._look_again = now + max(_LOOK_EVERY_S, now - began)

    def _do_urgent(self) -> None:
        if message := self._redis.rpop(names.EARLY_QUEUE):
            utterance_id = id_of(message)  # type: ignore[arg-type]
            self._early(utterance_id)
            self._expected[utterance_id] = time.monotonic() + _EXPECTED_S
        for utterance_id, until in list(self._expected.items()):
            if utterance_id in self._inside:
                continue
            if self._final(utterance_id) is not ClaimStatus.MISSING or time.monotonic() > until:
                del self._expected[utterance_id]
