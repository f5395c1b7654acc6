"""Does one stage of an utterance: claims it, works on it and commits. The work itself is a plain function."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace

from wta import audio_format, logs
from wta.ledger import Advance, Claim, ClaimStatus, Ledger, Utterance
from wta.messages import Error, ResultStatus
from wta.metrics import StageMetrics
from wta.names import Stage
from wta.settings import Settings
from wta.worker.leases import LeaseKeeper
from wta.worker.work_rate import WorkRate

log = logging.getLogger(__name__)

_RETRY_AFTER_S = 1.0

Work = Callable[[Utterance, bytes], Advance]
"""A function from an utterance and its audio (PCM16, 16 kHz mono; empty after the audio stage) to what to commit."""


BatchWork = Callable[[list[Utterance]], list[Advance]]
"""A function from utterances after the audio stage to what to commit of each, in the same order."""


class StageRunner:
    """Does one stage of utterances in this process.

    Args:
        keeper: holds the leases while the work runs.
        metrics: counts the attempts and times the work.
        rate: measures how fast the work is.
    """

    def __init__(
        self,
        ledger: Ledger,
        keeper: LeaseKeeper,
        stage: Stage,
        settings: Settings,
        metrics: StageMetrics | None = None,
        rate: WorkRate | None = None,
    ) -> None:
        self._ledger = ledger
        self._keeper = keeper
        self._stage = stage
        self._max_attempts = settings.max_attempts
        self._metrics = metrics or StageMetrics()
        self._rate = rate or WorkRate()

    def run(self, work: Work) -> None:
        """Work on the utterance whose turn it is, if one waits.

        Where `work` fails, the utterance is tried again later, `max_attempts` times in all. Then the failure is shown
        to the speaker and written to the log. Raises redis.RedisError where Redis goes away: then the lease runs out,
        and the work is done again.
        """
        for claim in self._ledger.claim_next(self._stage, self._keeper.owner):
            self._work_on(claim, work)

    def run_one(self, utterance_id: str, work: Work) -> ClaimStatus:
        """Work on this utterance, if nobody else does. Returns what came of the claim. Errors are those of `run`."""
        claim = self._ledger.claim(utterance_id, self._stage, self._keeper.owner)
        if claim.utterance is not None:
            self._work_on(claim, work)
        return claim.status

    def run_batch(self, work: BatchWork, limit: int) -> None:
        """Work on up to `limit` utterances together: those whose turn it is.

        An utterance that was tried before is worked on alone, so that one that fails or kills the worker does not take
        others along.
        """
        claims = self._ledger.claim_next(self._stage, self._keeper.owner, limit)
        batch = [c.utterance for c in claims if c.utterance and c.status is ClaimStatus.CLAIMED]
        if len(batch) > 1 and self._attempt_all(batch, work):
            return
        for claim in claims:
            self._work_on(claim, lambda utterance, _: work([utterance])[0])

    def _work_on(self, claim: Claim, work: Work) -> None:
        assert claim.utterance is not None  # noqa: S101 - claim_next gives no other claims
        with logs.about(trace=claim.utterance.trace_id):
            if claim.status is ClaimStatus.EXHAUSTED:
                self._give_up(claim.utterance, "Every attempt ended without an answer.")
            else:
                self._attempt(claim.utterance, claim.pcm16, work)

    def _attempt_all(self, batch: list[Utterance], work: BatchWork) -> bool:
        began = time.monotonic()
        try:
            with self._keeper.hold(*(utterance.utterance_id for utterance in batch)):
                advances = work(batch)
        except Exception:
            log.exception("a batch of %d failed: its utterances are done one by one", len(batch))
            return False
        each_s = (time.monotonic() - began) / len(batch)
        for _ in batch:
            self._worked(each_s, b"")
        self._commit(*advances)
        return True

    def _attempt(self, utterance: Utterance, pcm16: bytes, work: Work) -> None:
        began = time.monotonic()
        try:
            with self._keeper.hold(utterance.utterance_id):
                advance = work(utterance, pcm16)
        except Exception as error:
            log.exception("attempt %d failed utterance=%s", utterance.attempts, utterance.utterance_id)
            self._failed(utterance, error)
            return
        self._worked(time.monotonic() - began, pcm16)
        self._commit(advance)

    def _worked(self, work_s: float, pcm16: bytes) -> None:
        self._metrics.worked(self._stage, work_s)
        self._rate.add(work_s, audio_format.seconds(pcm16) if self._stage is Stage.AUDIO else 1.0)

    def _commit(self, *advances: Advance) -> None:
        done = self._ledger.advance_all(advances, self._stage, self._keeper.owner)
        for advance, is_first in zip(advances, done, strict=True):
            with logs.about(trace=advance.utterance.trace_id):
                self._committed(advance, is_first)

    def _committed(self, advance: Advance, is_first: bool) -> None:
        utterance_id = advance.utterance.utterance_id
        if not is_first:
            log.info("another worker was first utterance=%s stage=%s", utterance_id, self._stage)
            self._metrics.ended(self._stage, "duplicate")
            return
        self._metrics.ended(self._stage, "given_up" if advance.to_stage is Stage.FAILED else "committed")
        log.info("%s -> %s utterance=%s", self._stage, advance.to_stage, utterance_id)

    def _failed(self, utterance: Utterance, error: Exception) -> None:
        kind = type(error).__name__  # its message could hold what was said
        self._ledger.minutes.add_errors({f"{self._stage}:{kind}": 1})
        if utterance.attempts >= self._max_attempts:
            self._give_up(utterance, f"Every attempt ended in an error ({kind}).")
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
