"""What a session may ask for beside its audio."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wta.messages.base import Message
from wta.messages.languages import Language, Languages

Task = Literal["transcribe", "translate"]
MIN_ENDPOINT_MS, MAX_ENDPOINT_MS = 300, 2000


class Options(Message):
    """How the speech of a session is understood. None leaves a choice to the server's settings."""

    language: Language = None
    """ISO 639 code of what is spoken; None lets the model decide."""
    languages: Languages = None
    """ISO 639 codes of the languages that may be spoken: the model decides among these; None: among all it knows."""
    task: Task | None = None
    """`translate` writes in English what is said in another language."""
    endpoint_ms: int | None = Field(default=None, ge=MIN_ENDPOINT_MS, le=MAX_ENDPOINT_MS, strict=True)
    """Milliseconds of silence that end an utterance."""
    words: bool | None = Field(default=None, strict=True)
    """Whether finals have the time of each word. The text then takes longer."""


AS_THE_SERVER = Options()
"""The options of a session that asks for nothing: the server's settings hold."""


class Abilities(Message):
    """What a speech worker can do. Both tuples are empty where no worker has told it."""

    languages: tuple[str, ...] = ()
    """ISO 639 codes of the languages that the model knows. One code alone means an English-only model."""
    tasks: tuple[Task, ...] = ()
    defaults: Options = AS_THE_SERVER
    """What the worker's settings say, which holds where a session asks for nothing."""


UNKNOWN_ABILITIES = Abilities()
"""The abilities of a worker that has not told them."""
