"""What a client sends as text frames. Audio goes as binary frames."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from wta.audio_format import MAX_INPUT_RATE_HZ, MIN_INPUT_RATE_HZ
from wta.messages.base import Message
from wta.messages.languages import Language, Languages
from wta.messages.options import MAX_ENDPOINT_MS, MIN_ENDPOINT_MS, Options, Task


class Start(Message):
    """The first message of a connection. It opens a session or resumes one."""

    type: Literal["start"] = "start"
    encoding: Literal["pcm16", "pcm_s16le", "linear16"] = "pcm16"
    """Signed 16-bit little-endian mono PCM; all three names mean the same encoding."""
    sample_rate: int = Field(ge=MIN_INPUT_RATE_HZ, le=MAX_INPUT_RATE_HZ, strict=True)
    """Sample rate, in Hz, of every binary frame that follows."""
    language: Language = None
    """ISO 639 code of what is spoken; None lets the model decide."""
    languages: Languages = None
    """Codes of the languages that the model may decide among, where `language` is None; None: as the server is set."""
    task: Task | None = None
    """`translate` writes in English what is said in another language; None leaves it to the server's settings."""
    endpoint_ms: int | None = Field(default=None, ge=MIN_ENDPOINT_MS, le=MAX_ENDPOINT_MS, strict=True)
    """Milliseconds of silence that end an utterance; None leaves it to the server's settings."""
    words: bool | None = Field(default=None, strict=True)
    """Whether finals have the time of each word (the text then takes longer); None: as the server is set."""
    interim: bool = True
    """Whether the server shall send partials."""
    resume_token: str | None = Field(default=None, max_length=200)
    """`resume_token` of an earlier `ready`: the server goes on with that session."""
    last_event_id: str | None = Field(default=None, pattern=r"^[0-9]{1,15}-[0-9]{1,15}$")
    """When resuming, the newest `event_id` that arrived; the server sends later events again."""
    token: str | None = Field(default=None, max_length=500)
    """One-time token made with an API key (`POST /api/token`), where the server asks for one."""

    @property
    def options(self) -> Options:
        """What this session asks for beside its audio."""
        return Options.model_validate({name: getattr(self, name) for name in Options.model_fields})


class Finalize(Message):
    """End the current utterance now, without waiting for silence."""

    type: Literal["finalize"] = "finalize"


class Keepalive(Message):
    """Keeps an idle connection open: without audio or `keepalive` the server closes it."""

    type: Literal["keepalive"] = "keepalive"


class Stop(Message):
    """Says that no more audio will come. The server sends what is left, then `done`."""

    type: Literal["stop"] = "stop"


ClientMessage = Annotated[Start | Finalize | Keepalive | Stop, Field(discriminator="type")]
_adapter: TypeAdapter[Start | Finalize | Keepalive | Stop] = TypeAdapter(ClientMessage)


def parse_client(text: str | bytes) -> Start | Finalize | Keepalive | Stop:
    """Decode one text frame of a client. Raises pydantic.ValidationError where it is not a client's message."""
    return _adapter.validate_json(text)
