"""tests/golden has one example of each message; whoever changes a message changes a file that both sides read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import get_args

from tests.support.processes import ROOT
from wta.messages import Message

FOLDER = ROOT / "tests" / "golden"
Parse = Callable[[str], Message]


def examples(deepgram: bool) -> list[Path]:
    """The files of Deepgram's messages, or those of all others."""
    return [path for path in sorted(FOLDER.glob("*/*.json")) if path.parent.name.startswith("deepgram") is deepgram]


def name_of(path: Path) -> str:
    """Folder and name of an example, as the id of a test."""
    return f"{path.parent.name}/{path.stem}"


def is_read_and_written_exactly(path: Path, parse: Parse) -> None:
    """Fails unless the example is parsed and written as it stands there."""
    text = path.read_text(encoding="utf-8").rstrip("\n")
    message = parse(text)

    assert message.to_json() == text
    assert parse(message.to_json()) == message


def newer_fields_are_passed_over(path: Path, parse: Parse) -> None:
    """Fails unless a field that only a newer version knows changes nothing."""
    text = path.read_text(encoding="utf-8")
    newer = json.dumps(json.loads(text) | {"a_field_of_tomorrow": {"deep": [1]}})

    assert parse(newer) == parse(text)


def every_field_is_used(folder: str, parse: Parse, union: object) -> None:
    """Fails unless the examples of a folder use every field of every message of the union."""
    messages = [parse(path.read_text(encoding="utf-8")) for path in (FOLDER / folder).glob("*.json")]

    for kind in get_args(union):
        dumps = [message.model_dump(exclude_none=True) for message in messages if isinstance(message, kind)]
        used = {name for dump in dumps for name in dump}
        assert used == set(kind.model_fields), kind.__name__
