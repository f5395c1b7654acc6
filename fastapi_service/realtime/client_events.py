"""The events of OpenAI's Realtime clients that a transcription session knows."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from fastapi_service.realtime.event_error import EventError
from wta.messages.base import Message

_LONGEST_ID = 512


class _ClientEvent(Message):
    event_id: str | None = Field(None, max_length=_LONGEST_ID)


class SessionUpdate(_ClientEvent):
    """Says how the audio comes, and what is wanted of it."""

    type: Literal["session.update"]
    session: dict[str, Any]


class Append(_ClientEvent):
    """Brings audio."""

    type: Literal["input_audio_buffer.append"]
    audio: str
    """Base64."""


class Commit(_ClientEvent):
    """Ends the current item now."""

    type: Literal["input_audio_buffer.commit"]


class Clear(_ClientEvent):
    """Takes back the audio that is in no item yet."""

    type: Literal["input_audio_buffer.clear"]


ClientEvent = SessionUpdate | Append | Commit | Clear
_KNOWN = "session.update, input_audio_buffer.append, input_audio_buffer.commit and input_audio_buffer.clear"
_adapter: TypeAdapter[ClientEvent] = TypeAdapter(Annotated[ClientEvent, Field(discriminator="type")])


def parse(text: str) -> ClientEvent:
    """Decode a text frame of a client. Raises EventError, which repeats nothing of it."""
    try:
        event = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise EventError("The frame is not JSON.", "invalid_json") from error
    try:
        return _adapter.validate_python(event)
    except ValidationError as error:
        raise _wrong(error, event) from error


def _wrong(error: ValidationError, event: object) -> EventError:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    param = ".".join(str(part) for part in first["loc"][1:])
    wrong = EventError(f"{param}: {first['msg']}", param=param)
    if first["type"].startswith("union_tag") or not isinstance(event, dict):
        wrong = EventError(f"This server transcribes only. It knows {_KNOWN}.", param="type")
    given = event.get("event_id") if isinstance(event, dict) else None
    wrong.event_id = given if isinstance(given, str) and len(given) <= _LONGEST_ID else None
    return wrong
