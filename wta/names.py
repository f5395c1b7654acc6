"""Every string that two processes must agree on: Redis keys, channels, queues, task names, close codes."""

from __future__ import annotations

from enum import StrEnum

AUDIO_QUEUE = "audio_queue"
TEXT_QUEUE = "text_queue"
EARLY_QUEUE = "early_queue"
PARTIAL_QUEUE = "partial_queue"

TASK_TRANSCRIBE = "stt.transcribe"
TASK_PARTIAL = "stt.partial"
TASK_ANALYZE = "analyzer.analyze"

RESULT_CHANNEL = "result_channel"
"""Public: every analysed (or failed) result, whole, as JSON."""
RESULTS_STREAM = "results"
"""The same results, kept, for whoever must not miss one."""
SESSION_WAKEUP_CHANNEL = "session_wakeup"
"""Payload is a session id whose events stream has grown. A lost message costs at most one poll."""
SESSION_DELETED_CHANNEL = "session_deleted"
"""Payload is a session id that is gone. A lost message is made up for by the connection's next write."""

PENDING = "utterances:pending"
"""Sorted set: utterance id -> Unix time (s) after which nobody can be assumed to work on it."""
DEAD = "utterances:dead"
"""Sorted set: utterance id -> Unix time (s) at which it was given up."""
WAITING = "utterances:waiting"
"""Hash: utterance id -> seconds of audio that wait to be transcribed."""
RECONCILER_LOCK = "reconciler:lock"
LEDGER_FORMAT = "ledger:format"
DASHBOARD_SNAPSHOT = "dashboard:snapshot"
"""What the dashboard shows, for a second: many who look cost no more than one."""
WEB = "fastapi_service"
"""As a kind of `worker_key`: a web process, with the sessions that it has."""

WEBHOOK_CURSOR = "webhook:cursor"
"""Id of the newest result for which deliveries are owed."""
WEBHOOKS_PENDING = "webhooks:pending"
"""Sorted set: delivery id -> Unix time (s) at which it is to be made, or made again."""
WEBHOOKS_DEAD = "webhooks:dead"
"""Sorted set: delivery id -> Unix time (s) at which it was given up."""
WEBHOOK_WORKER = "webhook_worker"
"""Kind and package of the worker that makes them. Not a WorkerKind: speech is answered without it."""


class Stage(StrEnum):
    """Where an utterance stands. AUDIO and TEXT wait for a worker; the others are final."""

    AUDIO = "audio"
    TEXT = "text"
    DONE = "done"
    EMPTY = "empty"
    FAILED = "failed"


class WorkerKind(StrEnum):
    """Kinds of Celery workers; each is also its package's name."""

    STT = "stt_worker"
    ANALYZER = "analyzer_worker"


class CloseCode:
    """WebSocket close codes of docs/protocol.md."""

    DONE = 1000
    RESTART = 1012
    FULL = 1013
    BAD_MESSAGE = 4400
    UNAUTHORIZED = 4401
    IDLE = 4408
    TOO_FAST = 4429


def utterance_id(session_id: str, seq: int) -> str:
    return f"{session_id}:{seq}"


def split_utterance_id(utterance: str) -> tuple[str, int]:
    """Inverse of `utterance_id`. Raises ValueError where it is not one."""
    session_id, _, seq = utterance.rpartition(":")
    if not session_id:
        raise ValueError(f"not an utterance id: {utterance!r}")
    return session_id, int(seq)


def utterance_key(utterance: str) -> str:
    return f"utterance:{utterance}"


def audio_key(utterance: str) -> str:
    return f"utterance:{utterance}:audio"


def session_key(session_id: str) -> str:
    return f"session:{session_id}"


def events_key(session_id: str) -> str:
    return f"session:{session_id}:events"


def file_key(session_id: str) -> str:
    """How far an uploaded file of this session is."""
    return f"session:{session_id}:file"


def token_key(token_hash: str) -> str:
    """A browser's token that waits to be used once; holds the name of the API key it was given for."""
    return f"token:{token_hash}"


def live_channel(session_id: str) -> str:
    """Partials of one session: transient, nothing is lost when one is."""
    return f"live:{session_id}"


def live_audio_key(utterance: str) -> str:
    """Audio of an utterance that is still being spoken: pieces by the byte at which they begin."""
    return f"live:{utterance}:audio"


def live_request_key(utterance: str) -> str:
    """What is asked for of that audio; gone once a worker has taken it up."""
    return f"live:{utterance}:request"


def live_state_key(utterance: str) -> str:
    """What the partials of an utterance have agreed on so far (JSON)."""
    return f"live:{utterance}:state"


def live_early_key(utterance: str) -> str:
    """The text as it stood when the speaker fell silent, and whether that was the end."""
    return f"live:{utterance}:early"


def workers_key(kind: str) -> str:
    """Set of the owners that have signed on: the keyspace need not be searched for them."""
    return f"worker:{kind}"


def webhook_key(delivery: str) -> str:
    """Attempts of a delivery, and when the next may be made."""
    return f"webhook:{delivery}"


def worker_key(kind: str, owner: str) -> str:
    """A worker's heartbeat (JSON); runs out with it."""
    return f"worker:{kind}:{owner}"


def minute_key(minute: int) -> str:
    """Counts of one minute (Unix time / 60), for the dashboard."""
    return f"dashboard:minute:{minute}"


def dashboard_token_key(token_hash: str) -> str:
    """Somebody who is signed in to the dashboard; holds the name of the admin key."""
    return f"dashboard:token:{token_hash}"


def dashboard_guesses_key(minute: int) -> str:
    """Hash: network -> how often it gave a wrong admin key in this minute."""
    return f"dashboard:guesses:{minute}"
