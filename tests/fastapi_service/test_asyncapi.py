"""docs/asyncapi.yaml: what the code says, and what the examples of both sides hold to."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from fastapi_service.asyncapi import document, text
from tests.support.processes import ROOT

SIDES = {
    "client": ("audio", "hear", ""),
    "server": ("audio", "answer", ""),
    "deepgram_client": ("listen", "listen", "deepgram"),
    "deepgram_server": ("listen", "transcribe", "deepgram"),
}
"""Folder of examples → channel, operation, what the names of messages begin with."""
GOLDEN = sorted(path for side in SIDES for path in (ROOT / "tests" / "golden" / side).glob("*.json"))


def test_the_asyncapi_file_is_what_the_code_says() -> None:
    assert (ROOT / "docs" / "asyncapi.yaml").read_text(encoding="utf-8") == text(), "run `make docs`"


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_golden_message_is_as_asyncapi_describes_it(path: Path) -> None:
    described = document()
    example = json.loads(path.read_text(encoding="utf-8"))
    channel, operation, prefix = SIDES[path.parent.name]
    name = prefix + example["type"]
    message = described["components"]["messages"][name]
    assert {"$ref": f"#/channels/{channel}/messages/{name}"} in described["operations"][operation]["messages"]
    assert name in described["channels"][channel]["messages"]
    jsonschema.validate(example, {**message["payload"], "components": described["components"]})


def test_a_wrong_message_is_not_as_asyncapi_describes_it() -> None:
    described = document()
    start = {"$ref": "#/components/schemas/Start", "components": described["components"]}
    for wrong in ({"type": "start"}, {"type": "start", "sample_rate": 1}, {"sample_rate": 16_000}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, start)
