"""The workers' side of the ledger: claim what waits, keep the lease, commit."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from typing import cast

import redis

from wta import names
from wta.ledger.part import LedgerPart, flat
from wta.ledger.records import Advance, Backlog, Claim, ClaimStatus, Utterance
from wta.names import Stage

_TERMINAL = (Stage.DONE, Stage.EMPTY, Stage.FAILED)


class WorkLedger(LedgerPart):
    """Leases of utterances. Times are Redis's own, inside the scripts."""

    def get(self, utterance_id: str) -> Utterance | None:
        """One utterance; None where it is not known."""
        row = cast("dict[bytes, bytes]", self._redis.hgetall(names.utterance_key(utterance_id)))
        return Utterance.from_hash(utterance_id, row) if row else None

    def language_belief(self, session_id: str) -> str | None:
        """What the session's sentences told of its language so far (`Advance.language_belief`); None: nothing yet."""
        found = cast("bytes | None", self._redis.hget(names.session_key(session_id), "language_belief"))
        return found.decode() if found else None

    def claim(self, utterance_id: str, stage: Stage, owner: str) -> Claim:
        """Take the lease of one utterance for work on `stage`, and count the attempt. `Claim.status` is the answer."""
        return self._claim(stage, owner, 1, utterance_id)[0]

    def claim_next(self, stage: Stage, owner: str, limit: int = 1) -> list[Claim]:
        """Take the leases of those whose turn it is in `stage`, and count their attempts.

        The session with the fewest utterances that wait comes first, then the longest wait (lua/claim.lua). Up to
        `limit`, of which all but the first have never been tried. Empty where nothing waits.
        """
        return self._claim(stage, owner, limit, "")

    def _claim(self, stage: Stage, owner: str, limit: int, utterance_id: str) -> list[Claim]:
        args = [stage, owner, self._settings.lease_s, self._settings.max_attempts, limit, utterance_id]
        more, *found = self._scripts.claim(keys=[names.claim_key(secrets.token_hex(8))], args=args)
        if more:
            self.wakeups.fill(stage, 1)
        return [_to_claim(*row) for row in found]

    def renew(self, utterance_id: str, owner: str) -> bool:
        """Keep the lease for another `lease_s` seconds. False where another worker has it by now."""
        return self._renew(utterance_id, owner, self._settings.lease_s, release=False)

    def release(self, utterance_id: str, owner: str, retry_after_s: float) -> bool:
        """Give the lease back after a failure. The utterance is tried again after `retry_after_s` seconds.

        False where another worker has the lease by now.
        """
        return self._renew(utterance_id, owner, retry_after_s, release=True)

    def _renew(self, utterance_id: str, owner: str, seconds: float, release: bool) -> bool:
        keys = [names.utterance_key(utterance_id)]
        return bool(self._scripts.renew(keys=keys, args=[owner, seconds, utterance_id, int(release)]))

    def advance(self, advance: Advance, from_stage: Stage, owner: str = "") -> bool:
        """Commit the work of one stage in one step: fields, page event and result. Then wake the next stage's worker.

        False if another worker was first.
        """
        done = bool(self._commit(self._redis, advance, from_stage, owner))
        self._wake_next([advance] if done else [])
        return done

    def advance_all(self, advances: Sequence[Advance], from_stage: Stage, owner: str = "") -> list[bool]:
        """Commit several as `advance` does, each by itself, but together: Redis then syncs its disk once for all.

        Where Redis refuses one of them, it raises that error after it has done the others.
        """
        if len(advances) == 1:
            return [self.advance(advances[0], from_stage, owner)]
        with self._redis.pipeline(transaction=False) as pipe:
            for advance in advances:
                self._commit(pipe, advance, from_stage, owner)
            answers = pipe.execute(raise_on_error=False)
        done = [answer == 1 for answer in answers]
        self._wake_next([advance for advance, is_done in zip(advances, done, strict=True) if is_done])
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return done

    def _wake_next(self, done: Sequence[Advance]) -> None:
        for stage, count in Counter(advance.to_stage for advance in done).items():
            if stage not in _TERMINAL:
                self.wakeups.send(stage, count)

    def _commit(self, client: redis.Redis, advance: Advance, from_stage: Stage, owner: str) -> object:
        s, u = self._settings, advance.utterance
        uid, sid = u.utterance_id, u.session_id
        final = advance.to_stage in _TERMINAL
        # A failed utterance keeps its audio for the retention time, so that it can be tried again (lua/retry.lua).
        keep_audio_s = s.retention_s if advance.to_stage is Stage.FAILED else s.keep_audio_s
        keys = [
            names.session_key(sid), names.utterance_key(uid), names.audio_key(uid), names.events_key(sid),
            names.RESULTS_STREAM, names.session_results_key(sid), names.DEAD,
        ]  # fmt: skip
        args = [
            uid, from_stage, advance.to_stage, int(final),
            advance.event.to_json() if advance.event else "", advance.result.to_json() if advance.result else "",
            s.retention_s, s.results_maxlen, keep_audio_s, sid, names.SESSION_WAKEUP_CHANNEL, names.RESULT_CHANNEL,
            owner, max(s.retention_s, s.unfinished_retention_s), advance.language_belief or "",
            *flat(u.to_hash()),
        ]  # fmt: skip
        return self._scripts.advance(keys=keys, args=args, client=client)

    def wake(self, stage: Stage) -> int:
        """See to it that `stage` has a wake-up for what waits. Returns how many were sent."""
        return self.wakeups.fill(stage, int(self._scripts.waiting(keys=[names.due_key(stage)], args=[stage])))

    def backlog(self) -> Backlog:
        """What waits for workers of either stage, in nobody's hand."""
        now = self.minutes.now_s()
        audio, text = names.due_key(Stage.AUDIO), names.due_key(Stage.TEXT)
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.get(names.WAITING_MS)
            pipe.zcount(text, "-inf", now)
            for key in (audio, text):
                pipe.zrangebyscore(key, "-inf", now, start=0, num=1, withscores=True)
            waiting_ms, texts, *oldest = pipe.execute()
        ages = [max(0.0, now - found[0][1]) if found else 0.0 for found in oldest]
        return Backlog(max(0, int(waiting_ms or 0)) / 1000, texts, *ages)

    def queue_seconds(self) -> float:
        """Seconds of audio, of all sessions together, that wait to be transcribed and are in nobody's hand."""
        return max(0, int(self._redis.get(names.WAITING_MS) or 0)) / 1000


def _to_claim(status: bytes, utterance_id: bytes, fields: list[bytes], pcm16: bytes) -> Claim:
    row = dict(zip(fields[::2], fields[1::2], strict=True))
    return Claim(ClaimStatus(status.decode()), Utterance.from_hash(utterance_id.decode(), row) if row else None, pcm16)
