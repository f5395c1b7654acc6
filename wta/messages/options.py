"""What a session may ask for beside its audio."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wta.messages.base import Message

Task = Literal["transcribe", "translate"]
MIN_ENDPOINT_MS, MAX_ENDPOINT_MS = 300, 2000


class Options(Message):
    """How a session's speech is understood; None is left to the server's own settings."""

    language: str | None = Field(default=None, pattern=r"^[a-z]{2,3}$")
    """ISO 639 code of what is spoken; None lets the model decide."""
    task: Task | None = None
    """`translate`: write in English what is said in another language."""
    endpoint_ms: int | None = Field(default=None, ge=MIN_ENDPOINT_MS, le=MAX_ENDPOINT_MS, strict=True)
    """Silence that ends an utterance."""
    words: bool | None = Field(default=None, strict=True)
    """Whether finals have the time of each word; the text then takes longer."""


AS_THE_SERVER = Options()
"""A session that asks for nothing."""


class Abilities(Message):
    """What a speech worker can do; empty where none is known."""

    languages: tuple[str, ...] = ()
    """ISO 639 codes; one alone is an English-only model."""
    tasks: tuple[Task, ...] = ()
    defaults: Options = AS_THE_SERVER
    """What its own settings say where a session asks for nothing."""


UNKNOWN_ABILITIES = Abilities()
