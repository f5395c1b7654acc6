"""Deepgram's messages against their examples in tests/golden."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from fastapi_service.deepgram import messages
from tests.support import golden

PARSERS: dict[str, golden.Parse] = {
    "deepgram_client": messages.parse_client,
    "deepgram_server": messages.parse_server,
}
EXAMPLES = golden.examples(deepgram=True)


@pytest.mark.parametrize("path", EXAMPLES, ids=golden.name_of)
def test_a_message_is_read_and_written_exactly(path: Path) -> None:
    golden.is_read_and_written_exactly(path, PARSERS[path.parent.name])


@pytest.mark.parametrize("path", EXAMPLES, ids=golden.name_of)
def test_fields_of_a_newer_version_are_passed_over(path: Path) -> None:
    golden.newer_fields_are_passed_over(path, PARSERS[path.parent.name])


@pytest.mark.parametrize(
    ("folder", "union"),
    [("deepgram_client", messages.ClientMessage), ("deepgram_server", messages.ServerMessage)],
)
def test_every_message_has_an_example_that_uses_every_field(folder: str, union: object) -> None:
    golden.every_field_is_used(folder, PARSERS[folder], get_args(union)[0])
