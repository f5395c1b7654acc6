"""The description of the HTTP API, as a stranger reads it."""

from __future__ import annotations

from typing import Any

import pytest

from fastapi_service.service import create_app
from wta.settings import Settings

DOCUMENT: dict[str, Any] = create_app(Settings(_env_file=None)).openapi()
OPERATIONS = [(f"{method} {path}", found) for path, item in DOCUMENT["paths"].items() for method, found in item.items()]


def test_every_route_is_described() -> None:
    assert {name for name, _ in OPERATIONS} == {
        "get /healthz", "get /readyz", "get /api/config", "post /api/token", "get /api/sessions/{session_id}",
        "delete /api/sessions/{session_id}", "get /api/sessions/{session_id}/events", "get /api/results/events",
        "post /v1/audio/transcriptions", "post /v1/audio/translations", "get /v1/models", "get /v1/models/{name}",
        "post /api/sessions/{session_id}/link", "delete /api/sessions/{session_id}/link",
        "post /api/files", "put /api/files/{session_id}",
        "get /api/files/{session_id}", "delete /api/files/{session_id}", "post /api/dashboard/session",
        "delete /api/dashboard/session", "get /api/dashboard", "post /api/dashboard/dead/{utterance_id}/retry",
        "delete /api/dashboard/dead/{utterance_id}",
    }  # fmt: skip


@pytest.mark.parametrize(("name", "operation"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
def test_an_operation_says_what_it_does_and_what_can_come_of_it(name: str, operation: dict[str, Any]) -> None:
    assert operation["summary"] and operation["description"] and operation["tags"]
    for parameter in operation.get("parameters", []):
        assert parameter.get("description") or parameter["name"] == "session_id"
    for status, response in operation["responses"].items():
        assert response["description"], status
        if status in {"204", "422"}:
            continue
        for content in response["content"].values():
            schema = content.get("schema", {})
            assert schema, f"{status} has no schema"
            if not status.startswith("2"):
                assert content["example"], f"{status} has no example"


def test_examples_are_as_their_schemas_say() -> None:
    import jsonschema

    for _, operation in OPERATIONS:
        for response in operation["responses"].values():
            for kind, content in response.get("content", {}).items():
                if "example" in content and kind == "application/json":
                    schema = content["schema"] | {"components": DOCUMENT["components"]}
                    jsonschema.validate(content["example"], schema)
    for schema in DOCUMENT["components"]["schemas"].values():
        for example in schema.get("examples", []):
            jsonschema.validate(example, schema | {"components": DOCUMENT["components"]})
