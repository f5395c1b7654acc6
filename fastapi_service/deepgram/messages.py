"""The messages on `/v1/listen`, as Deepgram's clients know them. docs/deepgram.md lists the differences.

Their fields are those of Deepgram's AsyncAPI description (listen.v1). Times are seconds since the session's first
sample.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from wta.messages.base import Message

Mood = Literal["positive", "negative", "neutral"]


class KeepAlive(Message):
    """Keeps the connection open while there is no audio to send."""

    type: Literal["KeepAlive"] = "KeepAlive"


class Finalize(Message):
    """Ends the current utterance now. Exactly one `Results` with `from_finalize` answers it."""

    type: Literal["Finalize"] = "Finalize"


class CloseStream(Message):
    """Ends the audio. The server answers what is left, then sends `Metadata`."""

    type: Literal["CloseStream"] = "CloseStream"


class Word(Message):
    """One word with its times. There are words with `words=true` only, or if the server is set so."""

    word: str
    """The word in lower case, without punctuation."""
    start: float
    end: float
    confidence: float = 0.0
    """That of the whole text."""
    punctuated_word: str


class Alternative(Message):
    """The text of an utterance. There is always exactly one alternative."""

    transcript: str
    confidence: float = 0.0
    """Geometric mean of the probabilities of the text's tokens, 0 to 1; 0 if it is not known."""
    languages: tuple[str, ...] | None = None
    """ISO 639 code of the language that was spoken, in final results."""
    words: tuple[Word, ...] = ()
    sentiment: Mood | None = None
    """This server's addition: the sentence's sentiment, with `sentiment=true`. It is missing if there is none."""
    sentiment_score: float | None = None
    """This server's addition: from -1 (surely negative) to 1 (surely positive)."""


class Channel(Message):
    """What was heard on the only channel."""

    alternatives: tuple[Alternative, ...]


class ModelInfo(Message):
    """The server's speech model."""

    name: str
    version: str
    arch: str


class ResultsMetadata(Message):
    """What produced a result."""

    request_id: str
    """The session's id. It is the same in the server's logs and results."""
    model_info: ModelInfo
    model_uuid: str


class Results(Message):
    """The text of an utterance: the words so far (`is_final` is false), or its final text."""

    type: Literal["Results"] = "Results"
    channel_index: tuple[int, int] = (0, 1)
    duration: float
    start: float
    is_final: bool
    speech_final: bool
    """Whether the speaker paused, or `Finalize` or `CloseStream` ended the utterance."""
    from_finalize: bool = False
    channel: Channel
    metadata: ResultsMetadata
    error: str | None = None
    """This server's addition: why the utterance has no text, if every attempt has failed."""


class SpeechStarted(Message):
    """Somebody has begun to speak. It is sent with `vad_events=true`."""

    type: Literal["SpeechStarted"] = "SpeechStarted"
    channel: tuple[int, int] = (0, 1)
    timestamp: float


class UtteranceEnd(Message):
    """Nobody has spoken for `utterance_end_ms` milliseconds of audio."""

    type: Literal["UtteranceEnd"] = "UtteranceEnd"
    channel: tuple[int, int] = (0, 1)
    last_word_end: float


class Metadata(Message):
    """Everything has been answered. The connection closes with code 1000."""

    type: Literal["Metadata"] = "Metadata"
    transaction_key: Literal["deprecated"] = "deprecated"
    request_id: str
    sha256: str
    """SHA-256 of the audio, in hexadecimal."""
    created: str
    """Date and time in UTC, by ISO 8601."""
    duration: float
    """Seconds of audio received."""
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
    """Decode a text frame of a client. Raises pydantic.ValidationError if it is not a client message."""
    return _client.validate_json(text)


def parse_server(text: str | bytes) -> Results | SpeechStarted | UtteranceEnd | Metadata | Failure:
    """Decode a text frame of the server. Raises pydantic.ValidationError if it is not a server message."""
    return _server.validate_json(text)
