"""What the server sends to a speaker. Times are seconds since the session's first sample."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from wta.messages.base import PROTOCOL_VERSION, Message
from wta.messages.options import Options
from wta.messages.result import Label, Models, Timings


class Limits(Message):
    """What the server accepts of one connection."""

    max_unacked_samples: int
    """Audio beyond the last `ack` that may be under way, in samples of the client's own rate."""
    max_frame_bytes: int
    idle_timeout_s: float


class Ready(Message):
    """The answer to `start`."""

    type: Literal["ready"] = "ready"
    protocol: int = PROTOCOL_VERSION
    session_id: str
    resume_token: str
    """Secret: whoever has it may go on with the session."""
    next_sample: int
    """Index, at the client's rate, of the first sample the server wants."""
    resumed: bool = False
    limits: Limits
    models: Models
    options: Options | None = None
    """What the session asked for when it began; resuming does not change it."""


class Ack(Message):
    """Samples before `sample` (client's rate) are in the ledger or known to be silence: forget them."""

    type: Literal["ack"] = "ack"
    sample: int


class SpeechStarted(Message):
    """Somebody began to speak."""

    type: Literal["speech_started"] = "speech_started"
    utterance_id: str
    seq: int
    at: float


class SpeechEnded(Message):
    """The utterance is over; its `final` or `no_speech` will come."""

    type: Literal["speech_ended"] = "speech_ended"
    utterance_id: str
    seq: int
    at: float
    continues: bool | None = None
    """True: it was cut for its length, and the speech goes on in the next one."""


class Partial(Message):
    """Words so far. The first `stable_chars` characters are never taken back before the final."""

    type: Literal["partial"] = "partial"
    utterance_id: str
    seq: int
    text: str
    stable_chars: int = 0


class Word(Message):
    """One word with its place."""

    word: str
    start: float
    end: float


class Event(Message):
    """A message that is kept and sent again after a reconnect."""

    event_id: str | None = None
    """Position in the session's events; give the newest as `last_event_id` when resuming."""


class Final(Event):
    """The settled text of an utterance. Never waits for its sentiment."""

    type: Literal["final"] = "final"
    utterance_id: str
    seq: int
    start: float
    end: float
    text: str
    language: str | None = None
    """ISO 639 code of what was spoken."""
    translated: bool | None = None
    """True: `text` is an English translation of it."""
    words: tuple[Word, ...] | None = None
    model: str | None = None
    timings: Timings | None = None


class Sentiment(Event):
    """What an utterance feels like."""

    type: Literal["sentiment"] = "sentiment"
    utterance_id: str
    seq: int
    label: Label | None
    score: float | None
    scores: dict[str, float] | None = None
    reason: str | None = None
    """Why there is no label."""
    model: str | None = None
    timings: Timings | None = None

    def to_json(self) -> str:
        # `label: null` is said, not left out: "no sentiment" is an answer.
        return self.model_dump_json(exclude={k for k in ("event_id", "reason", "timings") if getattr(self, k) is None})


class NoSpeech(Event):
    """An utterance that held no words (noise, a cough): its place stays empty."""

    type: Literal["no_speech"] = "no_speech"
    utterance_id: str
    seq: int


class Status(Message):
    """How busy the server is."""

    type: Literal["status"] = "status"
    queue_seconds: float
    """Audio waiting to be transcribed, of all speakers, in seconds."""
    level: Literal["ok", "busy", "overloaded"]


class Error(Event):
    """Something went wrong, in words for the user."""

    type: Literal["error"] = "error"
    code: str
    message: str
    retryable: bool
    utterance_id: str | None = None
    seq: int | None = None


class Summary(Message):
    """The whole session."""

    utterances: int
    """With text."""
    words: int
    audio_seconds: float
    labels: dict[str, int]
    mean_score: float | None = None
    failed: int = 0
    mood: float | None = None
    """-1 (negative) to 1 (positive): the smoothed mood at the end; None where no sentence had one."""
    trend: Literal["UP", "DOWN", "FLAT"] | None = None
    """Where the mood went over the last sentences (wta/mood.py has the formula)."""


class Done(Message):
    """Everything that was said has been answered; the connection closes with 1000."""

    type: Literal["done"] = "done"
    session_id: str
    summary: Summary


ServerUnion = Ready | Ack | SpeechStarted | SpeechEnded | Partial | Final | Sentiment | NoSpeech | Status | Error | Done
ServerMessage = Annotated[ServerUnion, Field(discriminator="type")]
_adapter: TypeAdapter[ServerUnion] = TypeAdapter(ServerMessage)


def parse_server(text: str | bytes) -> ServerUnion:
    """Decode one text frame of the server. Raises pydantic.ValidationError where it is not one."""
    return _adapter.validate_json(text)
