"""The responses of the routes under `/api`. Their examples appear in the OpenAPI description."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from fastapi_service.results.summary import summarize
from wta.ledger import Utterance
from wta.messages import Label, Models, Options, Summary, Task, Timings
from wta.messages.options import MAX_ENDPOINT_MS, MIN_ENDPOINT_MS
from wta.names import Stage


class _View(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class Health(_View):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(_View):
    """Whether speech can be turned into text and sentiment."""

    status: Literal["ready", "not ready", "draining"]
    """`draining`: the service answers, but it has been told to end and takes nobody new."""
    missing: list[str]
    """`redis` if Redis does not answer, otherwise the kinds of workers of which none is alive."""


class Speech(_View):
    """What `start` may ask for. The lists are empty while no worker is known."""

    models: Models = Models()
    languages: tuple[str, ...] = ()
    """ISO 639 codes of the languages that the speech model understands."""
    tasks: tuple[Task, ...] = ()
    defaults: Options
    """What applies to a session that asks for nothing."""
    least_endpoint_ms: int = MIN_ENDPOINT_MS
    most_endpoint_ms: int = MAX_ENDPOINT_MS


class Config(_View):
    """What a client needs to know before it connects."""

    key_needed: bool
    """Whether a session needs an API key in its handshake, or a token of `POST /api/token` in its `start`."""
    max_session_s: float
    """How long a session may last."""
    max_file_bytes: int
    """Largest file that `POST /api/files` accepts."""
    retention_s: int
    """How long texts and results stay on the server, once the log of results has them."""
    speech: Speech


class Token(_View):
    """A credential for `start.token`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"token": "Zs0D…", "expires_in_s": 60}]}, use_attribute_docstrings=True
    )

    token: str
    expires_in_s: int
    """How long the token is valid."""


class Link(_View):
    """A read-only link to one session: whoever has its token may follow the session's events, and do nothing else."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"token": "Zs0D…", "path": "captions/5e5510a0c3b1f2d4#Zs0D…", "expires_in_s": 14400}]
        },
        use_attribute_docstrings=True,
    )

    token: str
    path: str
    """The page with the session's captions, relative to the server's address. What follows # is not sent to servers."""
    expires_in_s: int
    """How long the link is valid."""


class UtteranceView(_View):
    """One utterance, at whatever stage it is. Times are seconds since the session's first sample."""

    utterance_id: str
    seq: int
    stage: Stage
    """`audio` and `text` wait for a worker. `done`, `empty` (nobody spoke) and `failed` are final."""
    start_s: float
    end_s: float
    trace_id: str
    attempts: int
    options: Options
    """What the session asked for."""
    language: str | None = None
    text: str | None = None
    foreign: bool | None = None
    """True where the speech model knows English only and has probably heard another language."""
    translated: bool | None = None
    label: Label | None = None
    score: float | None = None
    """Probability of `label`, 0 to 1."""
    scores: dict[str, float] | None = None
    reason: str | None = None
    """Why there is no label, or why the utterance failed."""
    models: Models
    timings: Timings

    @classmethod
    def of(cls, utterance: Utterance) -> UtteranceView:
        """Make the view of an utterance of the ledger."""
        fields = asdict(utterance)
        kept = {"options": utterance.options, "models": utterance.models, "timings": utterance.timings}
        return cls(**fields | kept | {"seq": utterance.seq})


_EXAMPLE: dict[str, Any] = {
    "session_id": "5e5510a0c3b1f2d4",
    "summary": {
        "utterances": 1, "words": 4, "audio_seconds": 2.3, "labels": {"POSITIVE": 1}, "mean_score": 0.98, "failed": 0,
        "mood": 0.98, "trend": "FLAT",
    },
    "utterances": [
        {
            "utterance_id": "5e5510a0c3b1f2d4:1", "seq": 1, "stage": "done", "start_s": 0.8, "end_s": 3.1,
            "trace_id": "0f4e1c5a9b7d4e3f8a6b2c1d0e9f8a7b", "attempts": 0, "options": {"endpoint_ms": 600},
            "language": "en", "text": "I am very happy.", "foreign": None, "translated": None,
            "label": "POSITIVE", "score": 0.98,
            "scores": {"POSITIVE": 0.98, "NEUTRAL": 0.01, "NEGATIVE": 0.01}, "reason": None,
            "models": {"stt": "tiny.en", "sentiment": "embedded"},
            "timings": {"captured": 1767225600.0, "cut": 1767225600.4, "queued": 1767225600.4,
                        "stt_start": 1767225600.4, "stt_end": 1767225600.5, "analysed": 1767225600.6,
                        "published": 1767225600.6},
        }
    ],
}  # fmt: skip


class SessionResults(_View):
    """Everything that is known about one session. Its utterances are in the order of speech."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]}, use_attribute_docstrings=True)

    session_id: str
    summary: Summary
    utterances: list[UtteranceView]

    @classmethod
    def of(cls, session_id: str, utterances: list[Utterance]) -> SessionResults:
        """Make the results of a session from its utterances in the ledger."""
        views = [UtteranceView.of(utterance) for utterance in utterances]
        return cls(session_id=session_id, summary=summarize(utterances), utterances=views)
