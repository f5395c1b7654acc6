"""The speaker's side of the ledger: sessions, and their utterances as they come in."""

from __future__ import annotations

import secrets
from typing import Any, cast

from wta import audio_format, names
from wta.errors import LedgerWentBackError, SessionDeletedError, SessionFencedError, UnknownSessionError
from wta.keys import hash_secret
from wta.ledger.part import LedgerPart, flat
from wta.ledger.records import Session, Utterance
from wta.messages import AS_THE_SERVER, Options, Timings
from wta.names import Stage

_DELETED_AT_ONCE = 500
"""Utterances deleted by one script: Redis does nothing else meanwhile."""


UNUSED_TTL_S = 600
"""How long a session is kept that has brought nothing yet."""
_UNKNOWN = "This session is not known here any more. Start a new one."


class SessionLedger(LedgerPart):
    """Opens, resumes, reads and deletes sessions, and writes their utterances durably."""

    def open_session(self, sample_rate_hz: int, options: Options = AS_THE_SERVER, key: str = "") -> Session:
        """Begin a new session. Only the caller knows the resume token: Redis holds its hash.

        It is forgotten after UNUSED_TTL_S unless something is said, or `keep_session` is called.

        Args:
            key: name of the API key that it is opened with; empty where none is needed.
        """
        session_id = secrets.token_hex(8)
        token = f"{session_id}.{secrets.token_urlsafe(24)}"
        fields: dict[Any, str | int | float] = {
            "epoch": 1, "sample_rate_hz": sample_rate_hz, "options": options.to_json(), "acked_sample": 0,
            "next_seq": 1, "token_hash": hash_secret(token), "opened_s": self.minutes.now_s(),
            "in_audio": 0, "in_text": 0, "key": key,
        }  # fmt: skip
        with self._redis.pipeline() as pipe:
            pipe.hset(names.session_key(session_id), mapping=fields)
            pipe.expire(names.session_key(session_id), min(UNUSED_TTL_S, self._settings.retention_s))
            pipe.execute()
        return Session(session_id, token, 1, sample_rate_hz, options, acked_sample=0, next_seq=1, key=key)

    def keep_session(self, session_id: str) -> None:
        """Keep a session for `retention_s` from now on, if it is kept for less."""
        name = names.session_key(session_id)
        if 0 <= self._redis.ttl(name) < self._settings.retention_s:
            self._redis.expire(name, self._settings.retention_s)

    def resume_session(self, resume_token: str) -> Session:
        """Take a session over from the connection that has it. Raises UnknownSessionError."""
        session_id = resume_token.partition(".")[0]
        if not names.is_session_id(session_id):
            raise UnknownSessionError(_UNKNOWN)
        answer = self._scripts.resume(
            keys=[names.session_key(session_id)],
            args=[hash_secret(resume_token), self._settings.retention_s, min(UNUSED_TTL_S, self._settings.retention_s)],
        )
        if answer is None:
            raise UnknownSessionError(_UNKNOWN)
        epoch, rate, options, acked, next_seq, age_s, key = answer
        return Session(
            session_id, resume_token, int(epoch), int(rate), Options.model_validate_json(options), int(acked),
            int(next_seq), float(age_s), key.decode(),
        )  # fmt: skip

    def may_read(self, session_id: str, resume_token: str) -> bool:
        """Whether `resume_token` is the token of this session."""
        if not names.is_session_id(session_id):
            return False
        stored = cast("bytes | None", self._redis.hget(names.session_key(session_id), "token_hash"))
        return stored is not None and secrets.compare_digest(stored, hash_secret(resume_token).encode())

    def share(self, session_id: str, ttl_s: float) -> str | None:
        """Make the token of a read-only link to a session, valid for `ttl_s` seconds. It replaces an earlier one.

        None where the session is not known. Redis holds the token's hash.
        """
        token = secrets.token_urlsafe(24)
        shared = self._scripts.share(keys=[names.session_key(session_id)], args=[hash_secret(token), ttl_s])
        return token if shared else None

    def unshare(self, session_id: str) -> None:
        """Take the read-only link to a session back. Whoever follows it is not served any more."""
        self._scripts.share(keys=[names.session_key(session_id)], args=["", 0])

    def may_follow(self, session_id: str, token: str) -> bool:
        """Whether `token` is that of a read-only link to this session which is still valid."""
        if not names.is_session_id(session_id):
            return False
        row = self._redis.hmget(names.session_key(session_id), ["link_hash", "link_until"])
        stored, until = cast("list[bytes | None]", row)
        if stored is None or until is None or float(until) < self.minutes.now_s():
            return False
        return secrets.compare_digest(stored, hash_secret(token).encode())

    def session_exists(self, session_id: str) -> bool:
        return bool(self._redis.exists(names.session_key(session_id)))

    def acknowledge(self, session: Session, sample: int, next_seq: int) -> None:
        """Record that the audio before `sample` (at the client's rate) was silence, which need not be kept.

        Raises SessionFencedError, or LedgerWentBackError where the ledger has fewer utterances than the caller wrote.

        Args:
            next_seq: number of the next utterance, as the caller counts.
        """
        args = [session.epoch, sample, next_seq, self._settings.retention_s]
        self._check(self._scripts.acknowledge(keys=[names.session_key(session.session_id)], args=args))

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

        A worker is woken then. Calling it again with the same `seq` changes nothing. Raises
        SessionFencedError, or LedgerWentBackError where an earlier utterance of the session is not there.

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
        keys = [names.session_key(session.session_id), names.utterance_key(uid), names.audio_key(uid)]
        args = [
            session.epoch, seq, acked_sample, uid, pcm16, audio_format.seconds(pcm16),
            self._settings.unfinished_retention_s, *flat(utterance.to_hash()),
        ]  # fmt: skip
        self._check(self._scripts.append(keys=keys, args=args))
        self.wakeups.send(Stage.AUDIO)
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
        return sum(self._counts(session_id))

    def untranscribed(self, session_id: str) -> int:
        """How many utterances of a session have no text yet."""
        return self._counts(session_id)[0]

    def _counts(self, session_id: str) -> tuple[int, int]:
        counts = self._redis.hmget(names.session_key(session_id), ["in_audio", "in_text"])
        in_audio, in_text = (max(0, int(count or 0)) for count in cast("list[bytes | None]", counts))
        return in_audio, in_text

    def delete_session(self, session_id: str) -> bool:
        """Forget a session with its audio, texts, results and events. False where it is not known.

        Its connections are told, and may write no more. Lines of result_listener.log, and results that were published
        already, are not taken back. A result that the listener has not written yet will not be written.
        """
        key = names.session_key(session_id)
        next_seq = cast("bytes | None", self._redis.hget(key, "next_seq"))
        if next_seq is None:
            return False
        # Fenced first, so that nothing is written between the steps.
        self._redis.hincrby(key, "epoch", 1)
        keys = [
            key, names.events_key(session_id), names.session_results_key(session_id), names.RESULTS_STREAM, names.DEAD
        ]  # fmt: skip
        last = int(next_seq)  # the utterance that may be being spoken
        for first in range(1, last + 1, _DELETED_AT_ONCE):
            until = min(last, first + _DELETED_AT_ONCE - 1)
            channel = names.SESSION_DELETED_CHANNEL if until == last else ""
            self._scripts.delete(keys=keys, args=[session_id, first, until, channel])
        return True

    @staticmethod
    def _check(answer: int) -> None:
        if answer == -1:
            raise SessionFencedError("This session goes on in another window or connection.")
        if answer == -2:
            raise SessionDeletedError
        if answer == -3:
            raise LedgerWentBackError
