"""`python -m fastapi_service.asyncapi` writes docs/asyncapi.yaml: a description of the WebSockets, for tools.

It follows AsyncAPI 3.0 (https://www.asyncapi.com) and is made from the message classes.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any, get_args

from fastapi_service.deepgram import messages
from fastapi_service.deepgram.frame_reader import MAX_FRAME_BYTES
from wta.messages import PROTOCOL_VERSION, ClientMessage, Message, ServerMessage

_KEY = {"type": "string", "description": "`Bearer` and an API key, if the server has keys."}
_ABOUT = """`make docs` writes this description from the message classes. docs/protocol.md and docs/deepgram.md
describe the rest: flow control, resuming, close codes. Every text frame is a JSON object with a `type`. Every binary
frame is audio."""


@dataclass(frozen=True)
class _Channel:
    """One WebSocket. `prefix` keeps the names of its messages and schemas apart from those of the other one."""

    name: str
    address: str
    summary: str
    audio: str
    client: Any
    server: Any
    operations: tuple[str, str]
    prefix: str = ""
    max_bytes: int = 65_536

    def names(self, union: Any) -> list[str]:
        """Return the names of the messages in a union of message classes."""
        return [self.prefix.lower() + _type(kind) for kind in _kinds(union)]

    def messages(self, schemas: dict[str, Any]) -> dict[str, Any]:
        """Return the messages of this WebSocket by name, and add their schemas to `schemas`."""
        found = {self.prefix.lower() + "audio": _audio(self.audio, self.max_bytes)}
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
        """Return the server's two operations by name: what it receives, and what it sends."""
        received = [self.prefix.lower() + "audio", *self.names(self.client)]
        receive, send = self.operations
        return {
            receive: self._operation("receive", received, "The messages that a client sends."),
            send: self._operation("send", self.names(self.server), "The messages that the server sends."),
        }

    def _operation(self, action: str, names: list[str], summary: str) -> dict[str, Any]:
        refs = [{"$ref": f"#/channels/{self.name}/messages/{name}"} for name in names]
        return {"action": action, "summary": summary, "channel": {"$ref": f"#/channels/{self.name}"}, "messages": refs}


_CHANNELS = (
    _Channel(
        "audio", "/ws/audio", "One speaker sends audio, and receives text and sentiment.",
        "A binary frame with 20 to 100 ms of audio: PCM16, little-endian, mono, at `start.sample_rate`.",
        ClientMessage, ServerMessage, ("hear", "answer"),
    ),
    _Channel(
        "listen", "/v1/listen", "The same for Deepgram's clients. docs/deepgram.md describes the query parameters.",
        "A binary frame of up to 1 MiB of audio: PCM16, little-endian, mono, at the query's `sample_rate`.",
        messages.ClientMessage, messages.ServerMessage, ("listen", "transcribe"), "Deepgram", MAX_FRAME_BYTES,
    ),
)  # fmt: skip


def document() -> dict[str, Any]:
    """Return the description as AsyncAPI 3.0 defines it. Its operations are those of the server."""
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


def _audio(summary: str, max_bytes: int) -> dict[str, Any]:
    payload = {"type": "string", "format": "binary", "maxLength": max_bytes}
    return {"name": "audio", "summary": summary, "contentType": "application/octet-stream", "payload": payload}


def text() -> str:
    """Return the contents of the file. It is JSON, which is YAML too, so no YAML library is needed."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
