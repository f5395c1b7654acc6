"""The messages of Twilio's Media Streams that matter here.

Source: https://www.twilio.com/docs/voice/media-streams/websocket-messages
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, TypeAdapter

from wta.messages.base import Message
from wta.messages.languages import Language

Track = Literal["inbound", "outbound"]
"""`inbound` is who calls, and `outbound` is what the caller hears."""


class MediaFormat(Message):
    """The encoding of the audio. Twilio knows only this one."""

    encoding: Literal["audio/x-mulaw"]
    sampleRate: Literal[8000]  # noqa: N815 - Twilio's name
    channels: Literal[1]


class CustomParameters(Message):
    """What the TwiML of the call says beside the address."""

    token: str | None = Field(None, max_length=500)
    """A token of `POST /api/token`, or an API key, where the server has keys."""
    language: Language = None


class StreamStart(Message):
    """What is streamed."""

    streamSid: str = Field(max_length=64, pattern=r"^[A-Za-z0-9]+$")  # noqa: N815
    callSid: str = Field(max_length=64, pattern=r"^[A-Za-z0-9]+$")  # noqa: N815
    tracks: tuple[Track, ...] = Field(min_length=1, max_length=2)
    mediaFormat: MediaFormat  # noqa: N815
    customParameters: CustomParameters = CustomParameters()  # noqa: N815


class StartEvent(Message):
    """Comes once, before all audio."""

    event: Literal["start"]
    start: StreamStart


class Media(Message):
    """A piece of one track."""

    track: Track
    timestamp: int = Field(ge=0, le=1 << 40)
    """Milliseconds since the beginning of the stream."""
    payload: str
    """µ-law in base64."""


class MediaEvent(Message):
    """Brings audio."""

    event: Literal["media"]
    media: Media


class StopEvent(Message):
    """The call, or its stream, is over."""

    event: Literal["stop"]


class OtherEvent(Message):
    """`connected`, `mark`, `dtmf` and what may come in future. They have no effect."""

    event: Literal["other"]


Event = StartEvent | MediaEvent | StopEvent | OtherEvent
_KNOWN = {"start", "media", "stop"}


def _other(event: Any) -> Any:
    if isinstance(event, dict) and isinstance(event.get("event"), str) and event["event"] not in _KNOWN:
        return {"event": "other"}
    return event


_adapter: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="event"), BeforeValidator(_other)])


def parse(text: str) -> Event:
    """Decode a text frame. Raises pydantic.ValidationError if it is not a message of Twilio's."""
    try:
        return _adapter.validate_python(json.loads(text))
    except RecursionError as error:
        raise ValueError("too deep") from error
