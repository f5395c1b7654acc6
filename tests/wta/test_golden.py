"""One example of each message, written down: whoever changes a message changes a file that both sides read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from fastapi_service.deepgram import messages
from wta.messages import ClientMessage, Message, Result, ServerMessage, parse_client, parse_server
from wta.messages.server import ServerUnion

FOLDER = Path(__file__).parents[1] / "golden"
PARSERS: dict[str, Callable[[str], Message]] = {
    "client": parse_client,
    "server": parse_server,
    "results": Result.model_validate_json,
    "deepgram_client": messages.parse_client,
    "deepgram_server": messages.parse_server,
}
FILES = sorted(FOLDER.glob("*/*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_is_read_and_written_exactly(path: Path) -> None:
    text = path.read_text(encoding="utf-8").rstrip("\n")
    message = PARSERS[path.parent.name](text)

    assert message.to_json() == text
    assert PARSERS[path.parent.name](message.to_json()) == message


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_fields_of_a_newer_version_are_passed_over(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    newer = json.dumps(json.loads(text) | {"a_field_of_tomorrow": {"deep": [1]}})

    assert PARSERS[path.parent.name](newer) == PARSERS[path.parent.name](text)


@pytest.mark.parametrize(
    ("folder", "union"),
    [
        ("client", get_args(ClientMessage)[0]),
        ("server", get_args(ServerMessage)[0]),
        ("deepgram_client", get_args(messages.ClientMessage)[0]),
        ("deepgram_server", get_args(messages.ServerMessage)[0]),
    ],
)
def test_every_message_has_an_example_that_uses_every_field(folder: str, union: type) -> None:
    examples = [PARSERS[folder](path.read_text(encoding="utf-8")) for path in (FOLDER / folder).glob("*.json")]

    for kind in get_args(union):
        dumps = [example.model_dump(exclude_none=True) for example in examples if isinstance(example, kind)]
        used = {name for dump in dumps for name in dump}
        assert used == set(kind.model_fields), kind.__name__


def test_server_and_client_messages_are_told_apart() -> None:
    kinds = [*get_args(ServerUnion), *get_args(get_args(ClientMessage)[0])]
    types = [kind.model_fields["type"].default for kind in kinds]

    assert len(types) == len(set(types))
