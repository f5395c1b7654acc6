"""`python -m wta.asyncapi`: docs/asyncapi.yaml, the WebSocket described for tools, made from the messages."""

from __future__ import annotations

import json
import sys
from typing import Any, Literal, get_args

from wta.messages import PROTOCOL_VERSION, ClientMessage, Message, ServerMessage

_REF = "#/components/schemas/{model}"
_AUDIO = {
    "name": "audio",
    "summary": "PCM16 little-endian mono at `start.sample_rate`: a binary frame of 20 to 100 ms.",
    "contentType": "application/octet-stream",
    "payload": {"type": "string", "format": "binary", "maxLength": 65_536},
}
_ABOUT = """Made from wta/messages by `make docs`. docs/protocol.md tells the rest: flow control, resuming, close codes.
Text frames are JSON objects with a `type`; audio is binary frames only."""


def document() -> dict[str, Any]:
    """The description, as AsyncAPI 3.0 has it: operations are the server's."""
    client, server = _kinds(ClientMessage), _kinds(ServerMessage)
    schemas: dict[str, Any] = {}
    messages = {"audio": _AUDIO}
    messages |= {_type(kind): _message(kind, "validation", schemas) for kind in client}
    messages |= {_type(kind): _message(kind, "serialization", schemas) for kind in server}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "WhisperTextAnalyzer", "version": f"{PROTOCOL_VERSION}.0.0", "description": _ABOUT},
        "defaultContentType": "application/json",
        "servers": {"local": {"host": "localhost:8000", "protocol": "ws"}},
        "channels": {
            "audio": {
                "address": "/ws/audio",
                "summary": "One speaker: audio in, text and sentiment out.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
                "bindings": {"ws": {"method": "GET", "headers": _HEADERS}},
            }
        },
        "operations": {
            "hear": _operation("receive", ["audio", *map(_type, client)], "What a client says."),
            "answer": _operation("send", list(map(_type, server)), "What the server says."),
        },
        "components": {"messages": messages, "schemas": dict(sorted(schemas.items()))},
    }


_HEADERS = {
    "type": "object",
    "properties": {
        "Authorization": {"type": "string", "description": "`Bearer` and an API key, where the server has keys."}
    },
}


def _kinds(union: Any) -> list[type[Message]]:
    return list(get_args(get_args(union)[0]))


def _type(kind: type[Message]) -> str:
    return str(kind.model_fields["type"].default)


def _message(
    kind: type[Message], mode: Literal["validation", "serialization"], schemas: dict[str, Any]
) -> dict[str, Any]:
    schema = kind.model_json_schema(ref_template=_REF, mode=mode)
    schemas |= schema.pop("$defs", {})
    schema["required"] = sorted({"type", *schema.get("required", [])})
    schemas[kind.__name__] = schema
    summary = (kind.__doc__ or "").strip().splitlines()[0]
    return {"name": _type(kind), "summary": summary, "payload": {"$ref": _REF.format(model=kind.__name__)}}


def _operation(action: str, names: list[str], summary: str) -> dict[str, Any]:
    refs = [{"$ref": f"#/channels/audio/messages/{name}"} for name in names]
    return {"action": action, "summary": summary, "channel": {"$ref": "#/channels/audio"}, "messages": refs}


def text() -> str:
    """The file: YAML, of the kind that is JSON too, so that nothing more is needed to write or read it."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
