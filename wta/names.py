"""Every string that two processes must agree on: Redis keys, channels, queues, task names and close codes."""

from __future__ import annotations

import re
from enum import StrEnum

AUDIO_QUEUE = "audio_queue"
TEXT_QUEUE = "text_queue"
EARLY_QUEUE = "early_queue"
PARTIAL_QUEUE = "partial_queue"

TASK_TRANSCRIBE = "stt.transcribe"
TASK_PARTIAL = "stt.partial"
TASK_ANALYZE = "analyzer.analyze"

RESULT_CHANNEL = "result_channel"
"""Channel of every result, analysed or failed, as JSON. Other programs may subscribe to it."""
RESULTS_STREAM = "results"
"""Stream of the same results. It keeps them for readers that must not miss one."""
SESSION_WAKEUP_CHANNEL = "session_wakeup"
"""Channel whose messages are ids of sessions with new events. A lost message costs at most one poll."""
SESSION_DELETED_CHANNEL = "session_deleted"
"""Channel whose messages are ids of deleted sessions. A connection that misses one learns it at its next write."""

PENDING = "utterances:pending"
"""Sorted set of all unfinished utterances: id -> Unix time (s) from which it may be claimed (again)."""
DEAD = "utterances:dead"
"""Sorted set: utterance id -> Unix time (s) at which it was given up."""
WAITING = "utterances:waiting"
"""Hash: utterance id -> seconds of audio that wait to be transcribed, in nobody's hand."""
WAITING_MS = "utterances:waiting_ms"
"""The sum of WAITING in ms, so that nobody has to add it up."""
RECONCILER_LOCK = "reconciler:lock"
LEDGER_FORMAT = "ledger:format"
DASHBOARD_SNAPSHOT = "dashboard:snapshot"
"""What the dashboard shows, kept for a second, so that many viewers cost no more than one."""
WEB = "fastapi_service"
"""The kind of web processes in `worker_key`; their heartbeats name their sessions."""

LISTENER_CURSOR = "listener:cursor"
"""Id of the newest result that the listener has in its log, a few seconds old at most."""
WEBHOOK_CURSOR = "webhook:cursor"
"""Id of the newest result for which deliveries are owed."""
WEBHOOKS_PENDING = "webhooks:pending"
"""Sorted set: delivery id -> Unix time (s) at which it is to be made, or made again."""
WEBHOOKS_DEAD = "webhooks:dead"
"""Sorted set: delivery id -> Unix time (s) at which it was given up."""
WEBHOOK_WORKER = "webhook_worker"
"""Kind and package of the worker that makes them. Not a WorkerKind: speech is answered without it."""


class Stage(StrEnum):
    """The stage of an utterance. In AUDIO and TEXT it waits for a worker; the others are final."""

    AUDIO = "audio"
    TEXT = "text"
    DONE = "done"
    EMPTY = "empty"
    FAILED = "failed"


class WorkerKind(StrEnum):
    """Kinds of Celery workers. Each value is also the name of the worker's package."""

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


def is_session_id(text: str) -> bool:
    """Whether this may be a session's id. What is asked for under any other name is no session's key."""
    return re.fullmatch(r"[0-9a-f]{16}", text, re.ASCII) is not None


def utterance_id(session_id: str, seq: int) -> str:
    return f"{session_id}:{seq}"


def split_utterance_id(utterance: str) -> tuple[str, int]:
    """Split an utterance id into session id and `seq`. Raises ValueError where it is not an utterance id."""
    session_id, _, seq = utterance.rpartition(":")
    if not session_id:
        raise ValueError(f"not an utterance id: {utterance!r}")
    return session_id, int(seq)


def due_key(stage: Stage) -> str:
    """Sorted set: the part of PENDING that waits for this stage."""
    return f"utterances:due:{stage}"


def claim_key(nonce: str) -> str:
    """Set: the utterances that one claim got, for the case that its reply is lost."""
    return f"utterances:claim:{nonce}"


def session_results_key(session_id: str) -> str:
    """List: ids of the session's entries in RESULTS_STREAM, so that deleting reaches each of them."""
    return f"session:{session_id}:results"


def utterance_key(utterance: str) -> str:
    return f"utterance:{utterance}"


def audio_key(utterance: str) -> str:
    return f"utterance:{utterance}:audio"


def session_key(session_id: str) -> str:
    return f"session:{session_id}"


def events_key(session_id: str) -> str:
    return f"session:{session_id}:events"


def file_key(session_id: str) -> str:
    """Hash: how far the work on the uploaded file of this session is."""
    return f"session:{session_id}:file"


def opened_key(minute: int) -> str:
    """Hash: address or key -> how many sessions it has opened in this minute (Unix time / 60)."""
    return f"sessions:opened:{minute}"


def token_key(token_hash: str) -> str:
    """A browser's one-time token. Its value is the name of the API key that it was made with."""
    return f"token:{token_hash}"


def live_channel(session_id: str) -> str:
    """Channel of the partials of one session. A lost partial loses nothing: the next one replaces it."""
    return f"live:{session_id}"


def session_of_live(channel: str) -> str:
    """Inverse of `live_channel`."""
    return channel.removeprefix("live:")


def wakeup_channel(session_id: str) -> str:
    """Says that this session's events have grown, as SESSION_WAKEUP_CHANNEL says it of all sessions."""
    return f"live:{session_id}:wakeup"


def session_of_wakeup(channel: str) -> str | None:
    """Inverse of `wakeup_channel`; None for another channel."""
    return channel.removeprefix("live:").removesuffix(":wakeup") if channel.endswith(":wakeup") else None


def live_audio_key(utterance: str) -> str:
    """Hash: the audio of an utterance that is still being spoken, as byte at which a piece begins -> the piece."""
    return f"live:{utterance}:audio"


def live_request_key(utterance: str) -> str:
    """Hash: what is asked for of that audio. It is deleted when a worker takes the request."""
    return f"live:{utterance}:request"


def live_state_key(utterance: str) -> str:
    """State that the partials of an utterance leave for the next partial (JSON)."""
    return f"live:{utterance}:state"


def live_early_key(utterance: str) -> str:
    """Hash: the early text of an utterance, and how many samples an early text must have to count."""
    return f"live:{utterance}:early"


def workers_key(kind: str) -> str:
    """Set of the owners of heartbeats of this kind, so that nobody has to search all keys for them."""
    return f"worker:{kind}"


def webhook_key(delivery: str) -> str:
    """Attempts of a delivery, and when the next may be made."""
    return f"webhook:{delivery}"


def worker_key(kind: str, owner: str) -> str:
    """The heartbeat of a worker (JSON), which expires when the worker stops renewing it."""
    return f"worker:{kind}:{owner}"


def minute_key(minute: int) -> str:
    """Hash: the counts of one minute (Unix time / 60), for the dashboard."""
    return f"dashboard:minute:{minute}"


def dashboard_token_key(token_hash: str) -> str:
    """Token of somebody who is signed in to the dashboard. Its value is the name of the admin key."""
    return f"dashboard:token:{token_hash}"


def dashboard_guesses_key(minute: int) -> str:
    """Hash: network -> how often it gave a wrong admin key in this minute (Unix time / 60)."""
    return f"dashboard:guesses:{minute}"
