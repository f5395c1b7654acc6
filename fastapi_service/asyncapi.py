"""`python -m fastapi_service.asyncapi` writes docs/asyncapi.yaml: the WebSockets for tools, from the messages."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any, get_args

from fastapi_service.deepgram import messages
from wta.messages import PROTOCOL_VERSION, ClientMessage, Message, ServerMessage

_KEY = {"type": "string", "description": "`Bearer` and an API key, where the server has keys."}
_ABOUT = """Made from wta/messages by `make docs`. docs/protocol.md and docs/deepgram.md tell the rest:
flow control, resuming, close codes. Text frames are JSON objects with a `type`; audio is binary frames only."""


@dataclass(frozen=True)
class _Channel:
    """One WebSocket. `prefix` keeps the names of its messages and schemas apart from the other's."""

    name: str
    address: str
    summary: str
    audio: str
    client: Any
    server: Any
    operations: tuple[str, str]
    prefix: str = ""

    def names(self, union: Any) -> list[str]:
        return [self.prefix.lower() + _type(kind) for kind in _kinds(union)]

    def messages(self, schemas: dict[str, Any]) -> dict[str, Any]:
        found = {self.prefix.lower() + "audio": _audio(self.audio)}
        for union, mode in ((self.client, "validation"), (self.server, "serialization")):
            kinds = zip(self.names(union), _kinds(union), strict=True)
            found |= {name: self._message(kind, mode, schemas) for name, kind in kinds}
        return found

    def _message(self, kind: type[Message], mode: Any, schemas: dict[str, Any]) -> dict[str, Any]:
        ref = f"#/components/schemas/{self.prefix}{{model}}"
        schema = kind.model_json_schema(ref_template=ref, mode=mode)
        schemas |= {self.prefix + name: part for name, part in schema.pop("$defs", {}).items()}
        schema["required"] = sorted({"type", *schema.get("required", [])})
        schemas[self.prefix + kind.__name__] = schema
        summary = (kind.__doc__ or "").strip().splitlines()[0]
        return {"name": _type(kind), "summary": summary, "payload": {"$ref": ref.format(model=kind.__name__)}}

    def described_operations(self) -> dict[str, Any]:
        heard = [self.prefix.lower() + "audio", *self.names(self.client)]
        hear, answer = self.operations
        return {
            hear: self._operation("receive", heard, "What a client says."),
            answer: self._operation("send", self.names(self.server), "What the server says."),
        }

    def _operation(self, action: str, names: list[str], summary: str) -> dict[str, Any]:
        refs = [{"$ref": f"#/channels/{self.name}/messages/{name}"} for name in names]
        return {"action": action, "summary": summary, "channel": {"$ref": f"#/channels/{self.name}"}, "messages": refs}


_CHANNELS = (
    _Channel(
        "audio", "/ws/audio", "One speaker: audio in, text and sentiment out.",
        "PCM16 little-endian mono at `start.sample_rate`: a binary frame of 20 to 100 ms.",
        ClientMessage, ServerMessage, ("hear", "answer"),
    ),
    _Channel(
        "listen", "/v1/listen", "The same for clients of Deepgram's; query parameters are in docs/deepgram.md.",
        "PCM16 little-endian mono at the `sample_rate` of the address: a binary frame of any length up to 64 KiB.",
        messages.ClientMessage, messages.ServerMessage, ("listen", "transcribe"), "Deepgram",
    ),
)  # fmt: skip


def document() -> dict[str, Any]:
    """The description, as AsyncAPI 3.0 has it: operations are the server's."""
    schemas: dict[str, Any] = {}
    messages = {channel.name: channel.messages(schemas) for channel in _CHANNELS}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "WhisperTextAnalyzer", "version": f"{PROTOCOL_VERSION}.0.0", "description": _ABOUT},
        "defaultContentType": "application/json",
        "servers": {"local": {"host": "localhost:8000", "protocol": "ws"}},
        "channels": {
            channel.name: {
                "address": channel.address,
                "summary": channel.summary,
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages[channel.name]},
                "bindings": {
                    "ws": {"method": "GET", "headers": {"type": "object", "properties": {"Authorization": _KEY}}}
                },
            }
            for channel in _CHANNELS
        },
        "operations": {k: v for channel in _CHANNELS for k, v in channel.described_operations().items()},
        "components": {
            "messages": {name: message for found in messages.values() for name, message in found.items()},
            "schemas": dict(sorted(schemas.items())),
        },
    }


def _kinds(union: Any) -> list[type[Message]]:
    return list(get_args(get_args(union)[0]))


def _type(kind: type[Message]) -> str:
    return str(kind.model_fields["type"].default)


def _audio(summary: str) -> dict[str, Any]:
    payload = {"type": "string", "format": "binary", "maxLength": 65_536}
    return {"name": "audio", "summary": summary, "contentType": "application/octet-stream", "payload": payload}


def text() -> str:
    """The file: YAML, of the kind that is JSON too, so that nothing more is needed to write or read it."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
