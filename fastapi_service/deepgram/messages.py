"""What is said on `/v1/listen`, as Deepgram's clients know it. docs/deepgram.md says what is the same and what is not.

Shapes are those of Deepgram's AsyncAPI description (listen.v1). Times are seconds since the session's first sample.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from wta.messages.base import Message

Mood = Literal["positive", "negative", "neutral"]


class KeepAlive(Message):
    """I am here, with nothing to say."""

    type: Literal["KeepAlive"] = "KeepAlive"


class Finalize(Message):
    """End the current utterance now; exactly one `Results` with `from_finalize` answers it."""

    type: Literal["Finalize"] = "Finalize"


class CloseStream(Message):
    """No more audio will come; answer what is left, then `Metadata`."""

    type: Literal["CloseStream"] = "CloseStream"


class Word(Message):
    """One word with its place; only where the server gives times of words (WTA_WORD_TIMESTAMPS)."""

    word: str
    """Lower case, without punctuation."""
    start: float
    end: float
    confidence: float = 0.0
    """Always 0: not measured here."""
    punctuated_word: str


class Alternative(Message):
    """There is always one."""

    transcript: str
    confidence: float = 0.0
    """Always 0: not measured here."""
    languages: tuple[str, ...] | None = None
    """ISO 639 code of what was spoken; in finals."""
    words: tuple[Word, ...] = ()
    sentiment: Mood | None = None
    """An addition: what the sentence feels like, with `sentiment=true`. Left out where none could be given."""
    sentiment_score: float | None = None
    """-1 (surely negative) to 1 (surely positive)."""


class Channel(Message):
    """What was heard on the one channel."""

    alternatives: tuple[Alternative, ...]


class ModelInfo(Message):
    """The server's speech model."""

    name: str
    version: str
    arch: str


class ResultsMetadata(Message):
    """What a result was made with."""

    request_id: str
    """The session's id, as in the server's logs and results."""
    model_info: ModelInfo
    model_uuid: str


class Results(Message):
    """Words: so far (`is_final` false), or settled."""

    type: Literal["Results"] = "Results"
    channel_index: tuple[int, int] = (0, 1)
    duration: float
    start: float
    is_final: bool
    speech_final: bool
    """The speaker paused, or `Finalize` or `CloseStream` came."""
    from_finalize: bool = False
    channel: Channel
    metadata: ResultsMetadata
    error: str | None = None
    """An addition: why an utterance has no text, where every attempt has failed."""


class SpeechStarted(Message):
    """Somebody began to speak; with `vad_events=true`."""

    type: Literal["SpeechStarted"] = "SpeechStarted"
    channel: tuple[int, int] = (0, 1)
    timestamp: float


class UtteranceEnd(Message):
    """Nobody has spoken for `utterance_end_ms`."""

    type: Literal["UtteranceEnd"] = "UtteranceEnd"
    channel: tuple[int, int] = (0, 1)
    last_word_end: float


class Metadata(Message):
    """Everything has been answered; the connection closes with 1000."""

    type: Literal["Metadata"] = "Metadata"
    transaction_key: Literal["deprecated"] = "deprecated"
    request_id: str
    sha256: str
    """Of the audio."""
    created: str
    """ISO 8601."""
    duration: float
    channels: int = 1


class Failure(Message):
    """Something went wrong, in words for the user."""

    type: Literal["Error"] = "Error"
    variant: str
    """An error code of docs/protocol.md."""
    description: str


ClientMessage = Annotated[KeepAlive | Finalize | CloseStream, Field(discriminator="type")]
ServerMessage = Annotated[Results | SpeechStarted | UtteranceEnd | Metadata | Failure, Field(discriminator="type")]
_client: TypeAdapter[KeepAlive | Finalize | CloseStream] = TypeAdapter(ClientMessage)
_server: TypeAdapter[Results | SpeechStarted | UtteranceEnd | Metadata | Failure] = TypeAdapter(ServerMessage)


def parse_client(text: str | bytes) -> KeepAlive | Finalize | CloseStream:
    """Decode one text frame. Raises pydantic.ValidationError where it is not a client message."""
    return _client.validate_json(text)


def parse_server(text: str | bytes) -> Results | SpeechStarted | UtteranceEnd | Metadata | Failure:
    """Decode one text frame of the server. Raises pydantic.ValidationError where it is not one."""
    return _server.validate_json(text)
