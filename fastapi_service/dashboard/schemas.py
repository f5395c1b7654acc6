"""The bodies of the responses under `/api/dashboard`."""

from __future__ import annotations

from pydantic import BaseModel

from wta.messages import Label
from wta.names import Stage


class SignedIn(BaseModel):
    """The credential for every other route of the dashboard."""

    token: str
    expires_in_s: int
    """How long the token is valid."""
    name: str
    """Name of the admin key's owner."""


class Queued(BaseModel):
    """What happens to an utterance that is tried again."""

    stage: Stage
    """What it waits for: AUDIO for a speech worker, TEXT for a sentiment worker."""


class SessionFigures(BaseModel):
    """A session whose speaker is connected now."""

    session_id: str
    since_s: float
    """How long the session has lasted."""
    utterances: int


class Process(BaseModel):
    """A process that is alive."""

    kind: str
    owner: str
    """The process's own name, from its host and its process id."""
    model: str | None


class StepLatency(BaseModel):
    """How long a step took in the latest results."""

    step: str
    results: int
    """How many results went through the step."""
    p50_ms: float | None
    """The median, or None if no result went through the step."""
    p95_ms: float | None
    """The 95th percentile, or None if no result went through the step."""


class MinuteFigures(BaseModel):
    """What happened in one minute."""

    begins_s: int
    """Unix time at which the minute began."""
    done: int
    failed: int
    audio_s: float
    labels: dict[Label, int]


class ErrorFigures(BaseModel):
    """An error that clients got within the last hour."""

    code: str
    count: int
    last_minute_s: int
    """Unix time of the minute in which it last occurred."""


class DeadUtterance(BaseModel):
    """An utterance that was given up."""

    utterance_id: str
    since_s: float
    """How long ago it was given up."""
    stage: Stage
    reason: str | None
    audio_s: float
    retryable: bool


class DashboardSnapshot(BaseModel):
    """All figures at one moment. They contain nothing of what was said."""

    at_s: float
    """Unix time of the snapshot, by Redis's clock."""
    live: int
    """How many sessions have a speaker now."""
    longest_s: float
    """How long the longest of them has lasted."""
    sessions: list[SessionFigures]
    """The longest sessions first, at most 50."""
    queue_seconds: float
    """Seconds of audio that wait to be transcribed."""
    queue_limit_seconds: float
    """New sessions are refused while more audio than this waits."""
    utterances_per_minute: float
    """The average of the last five minutes."""
    audio_seconds_per_minute: float
    """The average of the last five minutes."""
    minutes: list[MinuteFigures]
    """The last 60 minutes, the oldest first. The last one is not over yet."""
    steps: list[StepLatency]
    processes: list[Process]
    missing: list[str]
    """Kinds of workers of which none is alive."""
    memory_bytes: int
    """Memory that Redis uses."""
    memory_limit_bytes: int
    """Memory that Redis may use. 0 means that there is no limit."""
    errors: list[ErrorFigures]
    dead: int
    """How many utterances were given up."""
    dead_utterances: list[DeadUtterance]
    """The newest of them first, at most 50."""
