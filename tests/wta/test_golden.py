"""Our own messages against their examples in tests/golden."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from tests.support import golden
from wta.messages import ClientMessage, Result, ServerMessage, parse_client, parse_server
from wta.messages.server import ServerUnion

PARSERS: dict[str, golden.Parse] = {
    "client": parse_client,
    "server": parse_server,
    "results": Result.model_validate_json,
}
EXAMPLES = golden.examples(deepgram=False)


@pytest.mark.parametrize("path", EXAMPLES, ids=golden.name_of)
def test_a_message_is_read_and_written_exactly(path: Path) -> None:
    golden.is_read_and_written_exactly(path, PARSERS[path.parent.name])


@pytest.mark.parametrize("path", EXAMPLES, ids=golden.name_of)
def test_fields_of_a_newer_version_are_passed_over(path: Path) -> None:
    golden.newer_fields_are_passed_over(path, PARSERS[path.parent.name])


@pytest.mark.parametrize(("folder", "union"), [("client", ClientMessage), ("server", ServerMessage)])
def test_every_message_has_an_example_that_uses_every_field(folder: str, union: object) -> None:
    golden.every_field_is_used(folder, PARSERS[folder], get_args(union)[0])


def test_server_and_client_messages_are_told_apart() -> None:
    kinds = [*get_args(ServerUnion), *get_args(get_args(ClientMessage)[0])]
    types = [kind.model_fields["type"].default for kind in kinds]

    assert len(types) == len(set(types))
