"""The events that clients of OpenAI's Realtime API get.

Source: https://platform.openai.com/docs/api-reference/realtime-server-events. Times are milliseconds since the first
sample.
"""

from __future__ import annotations

import secrets
from typing import Literal

from pydantic import Field

from fastapi_service.openai.logprobs import Logprob
from fastapi_service.realtime.event_error import EventError
from fastapi_service.realtime.session_config import SessionConfig
from wta.messages.base import Message

_ITEM = "conversation.item"
_TEXT = f"{_ITEM}.input_audio_transcription"


def new_id(kind: str) -> str:
    """Return a new id of an event or an item."""
    return f"{kind}_{secrets.token_hex(10)}"


class ServerEvent(Message):
    """An event. Every one has an id of its own."""

    type: str
    event_id: str = Field(default_factory=lambda: new_id("event"))


class SessionEvent(ServerEvent):
    """`session.created` and `session.updated`: the configuration that holds from now on."""

    session: SessionConfig

    def to_json(self) -> str:
        """The event as one JSON object. `turn_detection: null` is not left out, because it says something."""
        return self.model_dump_json()


class SessionOpened(ServerEvent):
    """This server's addition, before the first audio is heard: the session's id in its logs and results."""

    type: str = "wta.session.opened"
    session_id: str
    resume_token: str
    """A secret, with which the session can be read and deleted (docs/api.md)."""


class BufferEvent(ServerEvent):
    """`input_audio_buffer.speech_started`, `….speech_stopped`, `….committed` and `….cleared`."""

    item_id: str | None = None
    previous_item_id: str | None = None
    audio_start_ms: int | None = None
    audio_end_ms: int | None = None


class _Content(Message):
    type: Literal["input_audio"] = "input_audio"


class _Item(Message):
    id: str
    type: Literal["message"] = "message"
    object: Literal["realtime.item"] = "realtime.item"
    status: Literal["completed"] = "completed"
    role: Literal["user"] = "user"
    content: tuple[_Content, ...] = (_Content(),)


class ItemEvent(ServerEvent):
    """`conversation.item.added` and `….done`: the audio of an item is whole. Its text follows."""

    previous_item_id: str | None = None
    item: _Item

    @classmethod
    def of(cls, what: Literal["added", "done"], item_id: str, previous: str | None) -> ItemEvent:
        """Make the event about an item whose predecessor is `previous`."""
        return cls(type=f"{_ITEM}.{what}", item=_Item(id=item_id), previous_item_id=previous)


class TextEvent(ServerEvent):
    """What is about the text of an item."""

    item_id: str
    content_index: int = 0


class Delta(TextEvent):
    """More words of an item. They are not taken back, but the text of `completed` may differ."""

    type: str = f"{_TEXT}.delta"
    delta: str


class Usage(Message):
    """How much audio has become the text."""

    type: Literal["duration"] = "duration"
    seconds: float


class Completed(TextEvent):
    """The text of an item. It is empty where nobody spoke."""

    type: str = f"{_TEXT}.completed"
    transcript: str
    usage: Usage
    logprobs: tuple[Logprob, ...] | None = None


class SentimentHeard(TextEvent):
    """This server's addition: the sentiment of a sentence of an item."""

    type: str = f"{_TEXT}.sentiment"
    transcript: str
    """The sentence."""
    label: str
    score: float
    """Probability of the label, 0 to 1."""
    audio_start_ms: int
    audio_end_ms: int


class ErrorDetail(Message):
    """What went wrong, in words for the user."""

    type: Literal["invalid_request_error", "server_error"]
    code: str
    message: str
    param: str | None = None
    event_id: str | None = None
    """The id of the client's event, if it was one and had one."""


class Failed(TextEvent):
    """An item could not be understood after three attempts."""

    type: str = f"{_TEXT}.failed"
    error: ErrorDetail


class Problem(ServerEvent):
    """Something is wrong. If the session cannot go on, the connection then closes."""

    type: str = "error"
    error: ErrorDetail

    @classmethod
    def of(cls, error: EventError) -> Problem:
        """Make the answer to an event that cannot be obeyed."""
        detail = ErrorDetail(
            type="invalid_request_error", code=error.code, message=str(error), param=error.param,
            event_id=error.event_id,
        )  # fmt: skip
        return cls(error=detail)
