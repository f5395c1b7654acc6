"""One stage of an utterance's way: claim it, work on it, commit. The work itself is a plain function."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace

from wta import logs
from wta.leases import LeaseKeeper
from wta.ledger import Advance, ClaimStatus, Ledger, Utterance
from wta.messages import Error, ResultStatus
from wta.metrics import StageMetrics
from wta.names import Stage
from wta.settings import Settings

log = logging.getLogger(__name__)

_RETRY_AFTER_S = 1.0

Work = Callable[[Utterance, bytes], Advance]
"""Utterance and its audio (PCM16, 16 kHz mono; empty after the audio stage) → what to commit."""


class StageRunner:
    """Does one stage of utterances in this process.

    Args:
        owner: who holds the leases; one worker process, one owner.
        hand_on: called with the utterance id after a commit that leaves more to do.
        metrics: where attempts are counted.
    """

    def __init__(
        self,
        ledger: Ledger,
        keeper: LeaseKeeper,
        stage: Stage,
        settings: Settings,
        hand_on: Callable[[str], None] | None = None,
        metrics: StageMetrics | None = None,
    ) -> None:
        self._ledger = ledger
        self._keeper = keeper
        self._stage = stage
        self._max_attempts = settings.max_attempts
        self._hand_on = hand_on
        self._metrics = metrics or StageMetrics()

    def run(self, utterance_id: str, work: Work) -> None:
        """Work on one utterance, if it is this process's to do.

        A failure of `work` is logged and tried again later, at most `max_attempts` times, and then shown to the
        speaker and in the log. Raises redis.RedisError where Redis goes away: the lease runs out, the work is redone.
        """
        claim = self._ledger.claim(utterance_id, self._stage, self._keeper.owner)
        if claim.utterance is None:
            log.info("nothing to do utterance=%s stage=%s: %s", utterance_id, self._stage, claim.status)
            return
        with logs.about(trace=claim.utterance.trace_id):
            if claim.status is ClaimStatus.EXHAUSTED:
                self._give_up(claim.utterance, "Every attempt ended without an answer.")
            else:
                self._attempt(claim.utterance, claim.pcm16, work)

    def _attempt(self, utterance: Utterance, pcm16: bytes, work: Work) -> None:
        began = time.monotonic()
        try:
            with self._keeper.hold(utterance.utterance_id):
                advance = work(utterance, pcm16)
        except Exception:
            log.exception("attempt %d failed utterance=%s", utterance.attempts, utterance.utterance_id)
            self._failed(utterance)
            return
        self._metrics.worked(self._stage, time.monotonic() - began)
        self._commit(advance)

    def _commit(self, advance: Advance) -> None:
        utterance_id = advance.utterance.utterance_id
        if not self._ledger.advance(advance, self._stage):
            log.info("another worker was first utterance=%s stage=%s", utterance_id, self._stage)
            self._metrics.ended(self._stage, "duplicate")
            return
        self._metrics.ended(self._stage, "given_up" if advance.to_stage is Stage.FAILED else "committed")
        log.info("%s -> %s utterance=%s", self._stage, advance.to_stage, utterance_id)
        if advance.to_stage is Stage.TEXT and self._hand_on:
            self._hand_on(utterance_id)

    def _failed(self, utterance: Utterance) -> None:
        if utterance.attempts >= self._max_attempts:
            self._give_up(utterance, "Every attempt ended in an error.")
        else:
            self._metrics.ended(self._stage, "failed")
            self._ledger.release(utterance.utterance_id, self._keeper.owner, _RETRY_AFTER_S)

    def _give_up(self, utterance: Utterance, reason: str) -> None:
        what = "understood" if self._stage is Stage.AUDIO else "analysed"
        message = f"Sentence {utterance.seq} could not be {what} after {self._max_attempts} attempts."
        log.error("given up utterance=%s stage=%s", utterance.utterance_id, self._stage)
        failed = replace(utterance, reason=reason)
        event = Error(
            code="utterance_failed", message=message, retryable=False, utterance_id=utterance.utterance_id,
            seq=utterance.seq,
        )  # fmt: skip
        self._commit(Advance(Stage.FAILED, failed, event, failed.to_result(ResultStatus.FAILED)))
