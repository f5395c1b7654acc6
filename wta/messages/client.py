"""What a speaker's side sends as text frames. Audio itself is binary frames only."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from wta.audio_format import MAX_INPUT_RATE_HZ, MIN_INPUT_RATE_HZ
from wta.messages.base import Message
from wta.messages.options import MAX_ENDPOINT_MS, MIN_ENDPOINT_MS, Options, Task


class Start(Message):
    """First message of a connection: opens a session, or resumes one."""

    type: Literal["start"] = "start"
    encoding: Literal["pcm16", "pcm_s16le", "linear16"] = "pcm16"
    """Three common names of the one encoding: signed 16-bit little-endian mono PCM."""
    sample_rate: int = Field(ge=MIN_INPUT_RATE_HZ, le=MAX_INPUT_RATE_HZ, strict=True)
    """Hz, of every binary frame that follows."""
    language: str | None = Field(default=None, pattern=r"^[a-z]{2,3}$")
    """ISO 639 code; None lets the model decide."""
    task: Task | None = None
    """`translate`: write in English what is said in another language; None: as the server is set."""
    endpoint_ms: int | None = Field(default=None, ge=MIN_ENDPOINT_MS, le=MAX_ENDPOINT_MS, strict=True)
    """Silence that ends an utterance; None: the server's."""
    words: bool | None = Field(default=None, strict=True)
    """Whether finals have the time of each word (the text then takes longer); None: as the server is set."""
    interim: bool = True
    """Whether partials are wanted."""
    resume_token: str | None = Field(default=None, max_length=200)
    """From an earlier `ready`: go on with that session."""
    last_event_id: str | None = Field(default=None, pattern=r"^\d+-\d+$")
    """On resume: the newest `event_id` that arrived; later ones are sent again."""
    token: str | None = Field(default=None, max_length=500)
    """Credential, where the server asks for one."""

    @property
    def options(self) -> Options:
        return Options(language=self.language, task=self.task, endpoint_ms=self.endpoint_ms, words=self.words)


class Finalize(Message):
    """End the current utterance now, without waiting for silence."""

    type: Literal["finalize"] = "finalize"


class Keepalive(Message):
    """Nothing to say; do not close for idleness."""

    type: Literal["keepalive"] = "keepalive"


class Stop(Message):
    """No more audio will come; send what is left, then `done`."""

    type: Literal["stop"] = "stop"


ClientMessage = Annotated[Start | Finalize | Keepalive | Stop, Field(discriminator="type")]
_adapter: TypeAdapter[Start | Finalize | Keepalive | Stop] = TypeAdapter(ClientMessage)


def parse_client(text: str | bytes) -> Start | Finalize | Keepalive | Stop:
    """Decode one text frame. Raises pydantic.ValidationError where it is not a client message."""
    return _adapter.validate_json(text)
