"""The forms of OpenAI's audio endpoints, their errors, and how the OpenAPI description shows both."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Literal

from pydantic import BaseModel, Field

from fastapi_service.api.dependencies import Responses
from fastapi_service.audio.formats import KINDS
from wta.messages import Task
from wta.messages.languages import Language
from wta.messages.options import MAX_ENDPOINT_MS, MIN_ENDPOINT_MS


class Chunking(BaseModel):
    """How the file is cut. It is always cut where the speaker pauses; other fields have no effect."""

    type: Literal["auto", "server_vad"]
    silence_duration_ms: int | None = Field(None, ge=1, le=60_000)
    """The silence that ends a sentence, within the server's limits; None leaves it to the server's settings."""

    @property
    def endpoint_ms(self) -> int | None:
        """The same within the server's limits."""
        silence_ms = self.silence_duration_ms
        return silence_ms if silence_ms is None else max(MIN_ENDPOINT_MS, min(MAX_ENDPOINT_MS, silence_ms))


class TranscriptionForm(BaseModel):
    """The fields of the form, except for the file. OpenAI's other fields (prompt, temperature, …) have no effect."""

    model: str = Field(max_length=200, description="Any name; the model is the server's.")
    language: Language = None
    response_format: Literal["json", "text", "srt", "vtt", "verbose_json"] = "json"
    stream: bool = False
    """Whether each sentence is sent as soon as it is understood."""
    words: bool = False
    """Whether `verbose_json` is to have the time of each word."""
    logprobs: bool = False
    """Whether `json` is to say how sure the model is of each word."""
    chunking_strategy: Chunking | None = None
    task: Task = "transcribe"

    @property
    def is_json(self) -> bool:
        """Whether the answer is JSON."""
        return self.response_format in ("json", "verbose_json")


FORM_SCHEMA = {
    "type": "object",
    "required": ["file", "model"],
    "properties": {
        "file": {"type": "string", "format": "binary", "description": ", ".join(KINDS)},
        "model": {"type": "string", "maxLength": 200, "description": "Any name; the model is the server's."},
        "language": {"type": "string", "maxLength": 40, "description": "en, en-US or English; else the model decides."},
        "response_format": {"type": "string", "enum": ["json", "text", "srt", "vtt", "verbose_json"]},
        "stream": {"type": "boolean", "description": "Server-sent events: each sentence as it is understood."},
        "include[]": {"type": "array", "items": {"type": "string", "enum": ["logprobs"]}},
        "chunking_strategy": {"type": "string", "description": "auto, or an object with silence_duration_ms."},
        "timestamp_granularities[]": {"type": "array", "items": {"type": "string", "enum": ["segment", "word"]}},
    },
}
"""The form as the OpenAPI description shows it."""


def translation_schema() -> dict[str, Any]:
    """Return the form of `/v1/audio/translations`: the language spoken is found out, and words have no times."""
    schema = deepcopy(FORM_SCHEMA)
    properties: Any = schema["properties"]
    for name in ("language", "include[]", "timestamp_granularities[]"):
        del properties[name]
    return schema


class Model(BaseModel):
    """A model, as OpenAI's clients read it."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    """Always 0, because it is not known here."""
    owned_by: str = "this server"


class Models(BaseModel):
    """The list of models: the one that the speech workers have."""

    object: Literal["list"] = "list"
    data: list[Model]


class ErrorDetail(BaseModel):
    """What went wrong, as OpenAI's clients read it."""

    message: str
    """The error in words for the user."""
    type: str
    param: str | None = None
    """The field at fault, if it is one."""
    code: str | None = None


class OpenAiError(BaseModel):
    """The body of an error response, as OpenAI's clients read it."""

    error: ErrorDetail


def _error(description: str, message: str, kind: str = "invalid_request_error") -> dict[str, Any]:
    body = {"error": {"message": message, "type": kind, "param": None, "code": None}}
    return {"description": description, "model": OpenAiError, "content": {"application/json": {"example": body}}}


RESPONSES: Responses = {
    200: {
        "description": "The text, in the format that `response_format` names.",
        "content": {
            "application/json": {"schema": {"type": "object"}, "example": {"text": "I am very happy."}},
            "text/plain": {"schema": {"type": "string"}, "example": "I am very happy.\n"},
            "text/event-stream": {
                "schema": {
                    "description": "With `stream`: events whose data is a JSON object each; the last is `[DONE]`."
                },
                "example": 'data: {"type": "transcript.text.delta", "delta": "I am very happy."}\n\n',
            },
        },
    },
    400: _error("The form or the file is invalid.", "The form has no file."),
    401: _error("The API key is missing or wrong.", "This API key is not known here."),
    403: _error("The request comes from another site's page.", "This page may not use this server."),
    404: _error("The server's model has another name.", "This server's model has another name: see /v1/models."),
    408: _error("The file took too long to arrive.", "The file took too long to arrive."),
    413: _error("The file is too large.", "A file may have at most 26214400 bytes."),
    422: _error("The session was deleted meanwhile.", "This talk was deleted from the server."),
    500: _error("No sentence of the file could be understood.", "This could not be understood.", "server_error"),
    503: _error(
        "The server is too busy, or a part of it does not answer.",
        "No speech worker is running. Try again soon.",
        "server_error",
    ),
}
"""The responses of the endpoint, as the OpenAPI description shows them."""
