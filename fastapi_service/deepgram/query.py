"""The query parameters and the credentials with which a client opens `/v1/listen`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wta.audio_format import MAX_INPUT_RATE_HZ, MIN_INPUT_RATE_HZ
from wta.errors import ProtocolError
from wta.messages import Start
from wta.messages.languages import Language
from wta.messages.options import MAX_ENDPOINT_MS, MIN_ENDPOINT_MS

_UNSUPPORTED = (
    "callback", "redact", "diarize", "diarize_model", "multichannel", "detect_entities", "detect_language", "dictation",
    "keyterm", "keywords", "numerals", "profanity_filter", "replace", "search",
)  # fmt: skip
"""Features that this server lacks. They are refused, because a client that asks for one relies on it."""


class ListenQuery(BaseModel):
    """The query parameters of `/v1/listen`, with Deepgram's names and defaults. Unknown parameters have no effect."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    encoding: Literal["linear16"]
    sample_rate: int = Field(ge=MIN_INPUT_RATE_HZ, le=MAX_INPUT_RATE_HZ)
    channels: Literal["1"] = "1"
    language: Language = None
    interim_results: bool = False
    endpointing: str = Field("true", pattern=r"^(?i:true|false|[0-9]{1,5})$")
    """The silence in milliseconds that ends an utterance, or `true` for the server's own setting.

    With `false` the server's setting applies too, but a pause makes no result `speech_final`."""
    utterance_end_ms: int | None = Field(None, ge=1000, le=60_000)
    vad_events: bool = False
    sentiment: bool = False
    words: bool | None = None
    """Whether results have the time of each word; None: as the server is set."""

    @classmethod
    def of(cls, parameters: Sequence[tuple[str, str]]) -> ListenQuery:
        """Read the query parameters. Raises ProtocolError, with a message for the author of the client.

        Args:
            parameters: names and values; Deepgram lets some of them be given more than once.
        """
        for name, value in parameters:
            if name in _UNSUPPORTED and value.lower() != "false":
                raise _bad(f"{name}: this server does not do that.")
        try:
            return cls.model_validate(dict(parameters))
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False, include_context=False)[0]
            hint = _HINTS.get(name := str(first["loc"][0]), first["msg"])
            raise _bad(f"{name}: {hint}") from error

    @property
    def endpointing_enabled(self) -> bool:
        """Whether a pause of the speaker makes a result `speech_final`."""
        return self.endpointing.lower() != "false"

    def start(self, token: str | None) -> Start:
        """Return the `start` message of the project's own protocol that asks for the same.

        Args:
            token: the token with which the client opens the session, or None.
        """
        endpoint_ms = int(self.endpointing) if self.endpointing.isdecimal() else None
        return Start(
            sample_rate=self.sample_rate,
            language=self.language,
            interim=self.interim_results,
            endpoint_ms=endpoint_ms if endpoint_ms is None else max(MIN_ENDPOINT_MS, min(MAX_ENDPOINT_MS, endpoint_ms)),
            words=self.words,
            token=token,
        )


_HINTS = {
    "encoding": "say encoding=linear16 (signed 16-bit little-endian PCM, no container); this server takes no other.",
    "sample_rate": f"say how many samples a second come, {MIN_INPUT_RATE_HZ} to {MAX_INPUT_RATE_HZ}.",
    "channels": "this server takes one channel.",
    "endpointing": "milliseconds of silence, true or false.",
    "language": "a BCP-47 tag such as en or en-US, or multi.",
}
"""What a parameter must be, by its name."""


def _bad(message: str) -> ProtocolError:
    return ProtocolError("bad_message", message)


def credential(authorization: str, protocols: Sequence[str]) -> tuple[str, str, str | None]:
    """Return the scheme and the credential of a handshake, and the WebSocket subprotocol to accept.

    The credential is in `Authorization: Token KEY` or `Authorization: Bearer …`; from a browser, it is in
    `Sec-WebSocket-Protocol: token, KEY`, and then `token` is the subprotocol. The scheme is "token" or "bearer".
    Without a credential, both are empty.

    Args:
        authorization: the header `Authorization`, or "".
        protocols: the subprotocols that the client offers.
    """
    scheme, _, value = authorization.strip().partition(" ")
    if scheme.lower() in {"token", "bearer"} and value.strip():
        return scheme.lower(), value.strip(), None
    if len(protocols) > 1 and protocols[0].lower() in {"token", "bearer"}:
        return protocols[0].lower(), protocols[1], protocols[0]
    return "", "", None
