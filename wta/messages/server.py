"""What the server sends to a client. Times are seconds since the session's first sample."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from wta.messages.base import PROTOCOL_VERSION, Message
from wta.messages.options import Options
from wta.messages.result import Label, Models, Timings


class Limits(Message):
    """How much the server accepts from one connection."""

    max_unacked_samples: int
    """How many samples, at the client's rate, a client may send beyond the last `ack`."""
    max_frame_bytes: int
    """Size of the largest frame, in bytes."""
    idle_timeout_s: float
    """Seconds without a frame from the client after which the server closes the connection."""


class Ready(Message):
    """The server's answer to `start`: audio may be sent."""

    type: Literal["ready"] = "ready"
    protocol: int = PROTOCOL_VERSION
    session_id: str
    resume_token: str
    """A secret: whoever has it may go on with the session."""
    next_sample: int
    """Index, at the client's rate, of the first sample that the server wants."""
    resumed: bool = False
    """Whether this session was begun by an earlier connection."""
    limits: Limits
    models: Models
    options: Options | None = None
    """What the session asked for when it began. Resuming does not change it."""


class Ack(Message):
    """Tells the client that it need not keep the audio before `sample`: it is in the ledger, or was silence."""

    type: Literal["ack"] = "ack"
    sample: int
    """Index of a sample, at the client's rate."""


class SpeechStarted(Message):
    """Somebody began to speak: an utterance begins."""

    type: Literal["speech_started"] = "speech_started"
    utterance_id: str
    seq: int
    at: float


class SpeechEnded(Message):
    """The utterance is over. Its `final` or `no_speech` will follow."""

    type: Literal["speech_ended"] = "speech_ended"
    utterance_id: str
    seq: int
    at: float
    continues: bool | None = None
    """True where the utterance was cut for its length, and the speech goes on in the next one."""


class Partial(Message):
    """The text of an open utterance so far. The final text may differ."""

    type: Literal["partial"] = "partial"
    utterance_id: str
    seq: int
    text: str
    stable_chars: int = 0
    """How many characters, from the first one on, no later partial of this utterance will change."""


class Word(Message):
    """One word of a final text, with its time."""

    word: str
    start: float
    end: float
    probability: float | None = None
    """Mean probability of the word's tokens, 0 to 1."""


class Event(Message):
    """A message that the server keeps, and sends again after a reconnect."""

    event_id: str | None = None
    """Position among the session's events. A client that resumes sends the newest one as `last_event_id`."""


class Final(Event):
    """The final text of an utterance. It never waits for the sentiment."""

    type: Literal["final"] = "final"
    utterance_id: str
    seq: int
    start: float
    end: float
    text: str
    language: str | None = None
    """ISO 639 code of what was spoken."""
    foreign: bool | None = None
    """True where the model knows English only and has probably heard another language: `text` is not what was said."""
    translated: bool | None = None
    """True where `text` is an English translation of what was spoken."""
    words: tuple[Word, ...] | None = None
    """The words with their times, where the session asked for them."""
    avg_logprob: float | None = None
    """How sure the model is of the text: the mean natural log-probability of its tokens, 0 at most."""
    model: str | None = None
    """Name of the speech model."""
    timings: Timings | None = None


class Sentiment(Event):
    """The sentiment of an utterance."""

    type: Literal["sentiment"] = "sentiment"
    utterance_id: str
    seq: int
    label: Label | None
    """None where no sentiment could be given: `reason` then says why."""
    score: float | None
    """Probability of `label`, 0 to 1."""
    scores: dict[str, float] | None = None
    """Probability of each label, 0 to 1."""
    reason: str | None = None
    """Why there is no label."""
    model: str | None = None
    """Name of the sentiment model."""
    timings: Timings | None = None

    def to_json(self) -> str:
        """The message as one JSON object. `label: null` is not left out, because "no sentiment" is an answer."""
        return self.model_dump_json(exclude={k for k in ("event_id", "reason", "timings") if getattr(self, k) is None})


class NoSpeech(Event):
    """An utterance that held no words, such as noise or a cough. There is no text for its `seq`."""

    type: Literal["no_speech"] = "no_speech"
    utterance_id: str
    seq: int


class Status(Message):
    """How busy the server is."""

    type: Literal["status"] = "status"
    queue_seconds: float
    """Seconds of audio, of all speakers together, that wait to be transcribed."""
    level: Literal["ok", "busy", "overloaded"]


class Error(Event):
    """Something went wrong. `message` says it in words for the user."""

    type: Literal["error"] = "error"
    code: str
    """What went wrong, for programs; docs/protocol.md lists the codes."""
    message: str
    retryable: bool
    """Whether connecting again in the same way can succeed."""
    utterance_id: str | None = None
    """The utterance that failed; None where the error concerns the whole session."""
    seq: int | None = None


class Summary(Message):
    """Figures of the whole session."""

    utterances: int
    """How many utterances have text."""
    words: int
    audio_seconds: float
    labels: dict[str, int]
    """Label → how many utterances have it."""
    mean_score: float | None = None
    failed: int = 0
    """How many utterances were given up."""
    mood: float | None = None
    """The smoothed mood at the end, from -1 (negative) to 1 (positive); None where no sentence had a label."""
    trend: Literal["UP", "DOWN", "FLAT"] | None = None
    """Where the mood went over the last sentences; wta/mood.py has the formula."""


class Done(Message):
    """Everything that was said has been answered. The connection then closes with code 1000."""

    type: Literal["done"] = "done"
    session_id: str
    summary: Summary


ServerUnion = Ready | Ack | SpeechStarted | SpeechEnded | Partial | Final | Sentiment | NoSpeech | Status | Error | Done
ServerMessage = Annotated[ServerUnion, Field(discriminator="type")]
_adapter: TypeAdapter[ServerUnion] = TypeAdapter(ServerMessage)


def parse_server(text: str | bytes) -> ServerUnion:
    """Decode one text frame of a server. Raises pydantic.ValidationError where it is not a server's message."""
    return _adapter.validate_json(text)
