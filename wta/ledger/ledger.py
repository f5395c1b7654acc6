"""The ledger of utterances: each is first made durable, then worked on under a lease, and each stage commits once.

Celery on Redis can lose a message, for instance when a worker is killed between BRPOP and the record of it. So a
message carries an id only, and the ledger holds everything else. docs/adr/ledger.md has the reasons, and
docs/architecture.md the life of an utterance.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any, cast

import redis

from wta import audio_format, names
from wta.errors import SessionDeletedError, SessionFencedError, UnknownSessionError
from wta.keys import hash_secret
from wta.ledger.dead import DeadUtterances
from wta.ledger.minutes import Minutes
from wta.ledger.records import Advance, Claim, ClaimStatus, Session, Utterance
from wta.ledger.scripts import Scripts
from wta.messages import AS_THE_SERVER, Options, Timings
from wta.names import Stage
from wta.settings import Settings

_OVERDUE_BATCH = 100
_MOST_LOOKED_AT = 200
"""How many unfinished utterances `waiting` looks at, so that its cost stays bounded."""
_LONGEST_REQUEUE_WAIT_S = 300
_TERMINAL = (Stage.DONE, Stage.EMPTY, Stage.FAILED)


def _flat(fields: Mapping[str, Any]) -> list[Any]:
    return [part for pair in fields.items() for part in pair]


class Ledger:
    """Everything that is known of sessions and utterances, kept in Redis.

    Its methods block, may be called from several threads, and raise redis.RedisError where Redis is away.
    """

    def __init__(self, client: redis.Redis, settings: Settings) -> None:
        self._redis = client
        self._settings = settings
        self._scripts = Scripts(client)
        self.dead = DeadUtterances(client, self._scripts, settings)
        self.minutes = Minutes(client)

    # ---- the speaker's side -------------------------------------------------------------------------------------

    def open_session(self, sample_rate_hz: int, options: Options = AS_THE_SERVER) -> Session:
        """Begin a new session. Only the caller knows the resume token: Redis holds its hash."""
        session_id = secrets.token_hex(8)
        token = f"{session_id}.{secrets.token_urlsafe(24)}"
        fields: dict[Any, str | int | float] = {
            "epoch": 1, "sample_rate_hz": sample_rate_hz, "options": options.to_json(), "acked_sample": 0,
            "next_seq": 1, "token_hash": hash_secret(token), "opened_s": (opened_s := time.time()),
        }  # fmt: skip
        key = names.session_key(session_id)
        with self._redis.pipeline() as pipe:
            pipe.hset(key, mapping=fields)
            pipe.expire(key, self._settings.retention_s)
            pipe.execute()
        return Session(session_id, token, 1, sample_rate_hz, options, acked_sample=0, next_seq=1, opened_s=opened_s)

    def resume_session(self, resume_token: str) -> Session:
        """Take a session over from the connection that has it. Raises UnknownSessionError."""
        session_id = resume_token.partition(".")[0]
        answer = self._scripts.resume(
            keys=[names.session_key(session_id)], args=[hash_secret(resume_token), self._settings.retention_s]
        )
        if answer is None:
            raise UnknownSessionError("This session is not known here any more. Start a new one.")
        epoch, rate, options, acked, next_seq, opened_s = answer
        return Session(
            session_id, resume_token, int(epoch), int(rate), Options.model_validate_json(options), int(acked),
            int(next_seq), float(opened_s or time.time()),
        )  # fmt: skip

    def may_read(self, session_id: str, resume_token: str) -> bool:
        """Whether `resume_token` is the token of this session."""
        stored = cast("bytes | None", self._redis.hget(names.session_key(session_id), "token_hash"))
        return stored is not None and secrets.compare_digest(stored, hash_secret(resume_token).encode())

    def session_exists(self, session_id: str) -> bool:
        return bool(self._redis.exists(names.session_key(session_id)))

    def acknowledge(self, session: Session, sample: int) -> None:
        """Record that the audio before `sample` (at the client's rate) was silence, which need not be kept.

        Raises SessionFencedError.
        """
        key = names.session_key(session.session_id)
        self._check(self._scripts.acknowledge(keys=[key], args=[session.epoch, sample]))

    def append(
        self,
        session: Session,
        seq: int,
        pcm16: bytes,
        start_s: float,
        end_s: float,
        acked_sample: int,
        timings: Timings,
        trace_id: str,
    ) -> str:
        """Write utterance number `seq` and acknowledge the audio up to `acked_sample`, in one transaction.

        Calling it again with the same `seq` changes nothing. Raises SessionFencedError.

        Args:
            pcm16: the audio as PCM16, 16 kHz mono.
            start_s: where it begins, in seconds since the session's first sample; `end_s` is where it ends.
            acked_sample: number of samples, at the client's rate, that the client may forget from now on.

        Returns:
            The utterance id.
        """
        utterance = Utterance(
            names.utterance_id(session.session_id, seq), Stage.AUDIO, start_s, end_s, trace_id,
            options=session.options, timings=timings,
        )  # fmt: skip
        uid = utterance.utterance_id
        keys = [
            names.session_key(session.session_id), names.utterance_key(uid), names.audio_key(uid), names.PENDING,
            names.WAITING,
        ]  # fmt: skip
        s = self._settings
        args = [session.epoch, seq, acked_sample, uid, pcm16, audio_format.seconds(pcm16), s.unfinished_retention_s,
                s.requeue_s, *_flat(utterance.to_hash())]  # fmt: skip
        self._check(self._scripts.append(keys=keys, args=args))
        return uid

    def utterances(self, session_id: str) -> list[Utterance]:
        """All utterances of a session, in order of `seq`. Empty where the session is not known."""
        next_seq = int(self._redis.hget(names.session_key(session_id), "next_seq") or 1)
        ids = [names.utterance_id(session_id, seq) for seq in range(1, next_seq)]
        with self._redis.pipeline(transaction=False) as pipe:
            for uid in ids:
                pipe.hgetall(names.utterance_key(uid))
            rows = pipe.execute()
        return [Utterance.from_hash(uid, row) for uid, row in zip(ids, rows, strict=True) if row]

    def unfinished(self, session_id: str) -> int:
        """How many utterances of a session wait for a worker or are being worked on."""
        return sum(u.stage not in _TERMINAL for u in self.utterances(session_id))

    def delete_session(self, session_id: str) -> bool:
        """Forget a session with its audio, texts, results and events, in one step. False where it is not known.

        Its connections are told, and may write no more. Lines of result_listener.log, and results that were published
        already, are not taken back. A result that the listener has not written yet will not be written.
        """
        keys = [
            names.session_key(session_id), names.events_key(session_id), names.PENDING, names.DEAD, names.WAITING,
            names.RESULTS_STREAM,
        ]  # fmt: skip
        return bool(self._scripts.delete(keys=keys, args=[session_id, names.SESSION_DELETED_CHANNEL]))

    def memory_fraction(self) -> float:
        """Share of Redis's memory limit that is in use, 0 to 1; 0 where Redis has no limit."""
        info = self._redis.info("memory")
        return float(info["used_memory"]) / limit if (limit := int(info["maxmemory"])) else 0.0

    def queue_seconds(self) -> float:
        """Seconds of audio, of all sessions together, that wait to be transcribed."""
        return sum(float(seconds) for seconds in self._redis.hvals(names.WAITING))

    # ---- the workers' side --------------------------------------------------------------------------------------

    def get(self, utterance_id: str) -> Utterance | None:
        """One utterance; None where it is not known."""
        row = cast("dict[bytes, bytes]", self._redis.hgetall(names.utterance_key(utterance_id)))
        return Utterance.from_hash(utterance_id, row) if row else None

    def claim(self, utterance_id: str, stage: Stage, owner: str) -> Claim:
        """Take the lease of an utterance for work on `stage`, and count the attempt. `Claim.status` is the answer."""
        s = self._settings
        answer = self._scripts.claim(
            keys=[names.utterance_key(utterance_id), names.audio_key(utterance_id), names.PENDING, names.WAITING],
            args=[stage, owner, s.lease_s, s.max_attempts, utterance_id],
        )
        status = ClaimStatus(answer[0].decode())
        if len(answer) == 1:
            return Claim(status)
        row = dict(zip(answer[1][::2], answer[1][1::2], strict=True))
        return Claim(status, Utterance.from_hash(utterance_id, row), answer[2])

    def waiting(self, stage: Stage, limit: int) -> list[str]:
        """Ids of up to `limit` utterances that wait for `stage` and have never been tried, the oldest first."""
        found = self._scripts.waiting(keys=[names.PENDING], args=[stage, limit, _MOST_LOOKED_AT])
        return [word.decode() for word in found]

    def renew(self, utterance_id: str, owner: str) -> bool:
        """Keep the lease for another `lease_s` seconds. False where another worker has it by now."""
        return self._renew(utterance_id, owner, self._settings.lease_s, release=False)

    def release(self, utterance_id: str, owner: str, retry_after_s: float) -> bool:
        """Give the lease back after a failure. The reconciler queues the utterance again after `retry_after_s` seconds.

        False where another worker has the lease by now.
        """
        return self._renew(utterance_id, owner, retry_after_s, release=True)

    def _renew(self, utterance_id: str, owner: str, seconds: float, release: bool) -> bool:
        keys = [names.utterance_key(utterance_id), names.PENDING]
        return bool(self._scripts.renew(keys=keys, args=[owner, seconds, utterance_id, int(release)]))

    def advance(self, advance: Advance, from_stage: Stage) -> bool:
        """Commit the work of one stage in one step: fields, page event, result. False if another worker was first."""
        s, u = self._settings, advance.utterance
        uid, sid = u.utterance_id, u.session_id
        final = advance.to_stage in _TERMINAL
        # A failed utterance keeps its audio for the retention time, so that it can be tried again (lua/retry.lua).
        keep_audio_s = s.retention_s if advance.to_stage is Stage.FAILED else s.keep_audio_s
        keys = [
            names.utterance_key(uid), names.audio_key(uid), names.PENDING, names.WAITING, names.events_key(sid),
            names.RESULTS_STREAM, names.DEAD,
        ]  # fmt: skip
        args = [
            uid, from_stage, advance.to_stage, int(final),
            advance.event.to_json() if advance.event else "", advance.result.to_json() if advance.result else "",
            s.retention_s, s.requeue_s, s.results_maxlen, keep_audio_s, sid, names.SESSION_WAKEUP_CHANNEL,
            names.RESULT_CHANNEL, *_flat(u.to_hash()),
        ]  # fmt: skip
        return bool(self._scripts.advance(keys=keys, args=args))

    # ---- the reconciler's side ----------------------------------------------------------------------------------

    def overdue(self) -> list[tuple[str, Stage]]:
        """Utterances on which nobody works, each with the stage in which it waits.

        An utterance is named again after `requeue_s` seconds, then after ever longer times.
        """
        s = self._settings
        flat = self._scripts.overdue(
            keys=[names.PENDING, names.WAITING], args=[_OVERDUE_BATCH, s.requeue_s, _LONGEST_REQUEUE_WAIT_S]
        )
        words = [word.decode() for word in flat]
        return [(uid, Stage(stage)) for uid, stage in zip(words[::2], words[1::2], strict=True)]

    @staticmethod
    def _check(answer: int) -> None:
        if answer == -1:
            raise SessionFencedError("This session goes on in another window or connection.")
        if answer == -2:
            raise SessionDeletedError
