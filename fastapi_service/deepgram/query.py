"""What a client of `/v1/listen` asks for in its address, and who it says it is in the handshake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wta.audio_format import MAX_INPUT_RATE_HZ, MIN_INPUT_RATE_HZ
from wta.errors import ProtocolError
from wta.messages import Start

_SHORTEST_MS, _LONGEST_MS = 300, 2000
"""Between these the server's own limits let an endpoint be."""
_UNSUPPORTED = (
    "callback", "redact", "diarize", "diarize_model", "multichannel", "detect_entities", "search", "replace",
)  # fmt: skip
"""Features that a client would rely on: to take them without effect would mislead."""


class ListenQuery(BaseModel):
    """Query parameters; names and defaults are Deepgram's. Others than these and `_UNSUPPORTED` change nothing."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    encoding: Literal["linear16"]
    sample_rate: int = Field(ge=MIN_INPUT_RATE_HZ, le=MAX_INPUT_RATE_HZ)
    channels: Literal["1"] = "1"
    language: str | None = Field(None, pattern=r"^(multi|[A-Za-z]{2,3}(-[A-Za-z0-9]+)*)$", max_length=35)
    interim_results: bool = False
    endpointing: str = Field("true", pattern=r"^(?i:true|false|[0-9]{1,5})$")
    """Milliseconds; `true`: as the server is set; `false`: the same, but `speech_final` is not told."""
    utterance_end_ms: int | None = Field(None, ge=1000, le=60_000)
    vad_events: bool = False
    sentiment: bool = False

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> ListenQuery:
        """Raises ProtocolError in words for whoever wrote the client."""
        for name in _UNSUPPORTED:
            if parameters.get(name, "false").lower() != "false":
                raise _bad(f"{name}: this server does not do that.")
        try:
            return cls.model_validate(dict(parameters))
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False, include_context=False)[0]
            hint = _HINTS.get(name := str(first["loc"][0]), first["msg"])
            raise _bad(f"{name}: {hint}") from error

    @property
    def endpointing_enabled(self) -> bool:
        """Whether a pause makes a result `speech_final`."""
        return self.endpointing.lower() != "false"

    def start(self, token: str | None) -> Start:
        """The same as the first message of the project's own protocol."""
        asked_ms = int(self.endpointing) if self.endpointing.isdecimal() else None
        return Start(
            sample_rate=self.sample_rate,
            language=None if self.language in {None, "multi"} else str(self.language).partition("-")[0].lower(),
            interim=self.interim_results,
            endpoint_ms=asked_ms if asked_ms is None else max(_SHORTEST_MS, min(_LONGEST_MS, asked_ms)),
            token=token,
        )


_HINTS = {
    "encoding": "say encoding=linear16 (signed 16-bit little-endian PCM, no container); this server takes no other.",
    "sample_rate": f"say how many samples a second come, {MIN_INPUT_RATE_HZ} to {MAX_INPUT_RATE_HZ}.",
    "channels": "this server takes one channel.",
    "endpointing": "milliseconds of silence, true or false.",
    "language": "a BCP-47 tag such as en or en-US, or multi.",
}


def _bad(message: str) -> ProtocolError:
    return ProtocolError("bad_message", message)


def credential(authorization: str, protocols: Sequence[str]) -> tuple[str, str, str | None]:
    """Scheme ("token" or "bearer", or "") and credential, and the subprotocol to accept where it came in that way.

    `Authorization: Token KEY`, `Authorization: Bearer …`, or `Sec-WebSocket-Protocol: token, KEY` from a browser.
    """
    scheme, _, value = authorization.strip().partition(" ")
    if scheme.lower() in {"token", "bearer"} and value.strip():
        return scheme.lower(), value.strip(), None
    if len(protocols) > 1 and protocols[0].lower() in {"token", "bearer"}:
        return protocols[0].lower(), protocols[1], protocols[0]
    return "", "", None
