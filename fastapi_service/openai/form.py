"""Reads the form of a transcription request. Every function raises RequestError if it is not as it should be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import SpooledTemporaryFile
from typing import IO, cast

from fastapi import Request
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from fastapi_service.openai.errors import RequestError
from fastapi_service.openai.schemas import TranscriptionForm
from wta.messages import Task

_UPLOAD_S = 300.0
"""How long the form may take to arrive."""
_GRANULARITIES = "timestamp_granularities[]"
_FORM_BYTES = 65_536
"""How large the form may be without the file."""


def check_length(request: Request, max_bytes: int) -> None:
    """Check that the request announces a file of at most `max_bytes`."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        raise RequestError(411, "The request must state its size (Content-Length).")
    if int(length) > max_bytes + _FORM_BYTES:
        raise RequestError(413, f"A file may have at most {max_bytes} bytes.", "file")


@asynccontextmanager
async def open_form(request: Request) -> AsyncIterator[FormData]:
    """Receive the form, and keep its file open while the body runs."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise RequestError(400, "The request is not a form (multipart/form-data).")
    try:
        async with asyncio.timeout(_UPLOAD_S):
            form = await request.form(max_files=1, max_fields=30)
    except TimeoutError as error:
        raise RequestError(408, "The file took too long to arrive.") from error
    except HTTPException as error:
        raise RequestError(400, f"The form cannot be read: {error.detail}") from error
    try:
        yield form
    finally:
        await form.close()


def read_fields(form: FormData, task: Task) -> TranscriptionForm:
    """Return the fields of the form, except for the file."""
    wanted = _granularities(form) if task == "transcribe" else set()
    names = ("model", "response_format") if task == "translate" else ("model", "response_format", "language")
    given = {name: form[name] for name in names if form.get(name)}
    try:
        fields = TranscriptionForm.model_validate(given | {"words": "word" in wanted, "task": task})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise RequestError(400, f"{first['loc'][0]}: {first['msg']}", str(first["loc"][0])) from error
    if wanted and fields.response_format != "verbose_json":
        raise RequestError(400, f"{_GRANULARITIES} needs response_format=verbose_json.", _GRANULARITIES)
    if str(form.get("stream", "")).lower() in {"true", "1"}:
        raise RequestError(400, "This server does not stream answers; its WebSocket does.", "stream")
    return fields


def _granularities(form: FormData) -> set[str]:
    wanted = {str(value) for value in form.getlist(_GRANULARITIES)}
    if not wanted <= {"segment", "word"}:
        raise RequestError(400, f"{_GRANULARITIES}: segment or word.", _GRANULARITIES)
    return wanted


def read_file(form: FormData) -> IO[bytes]:
    """Return the file of the form, at its beginning, as a file of the operating system: the decoder needs one."""
    upload = form.get("file")
    if not isinstance(upload, UploadFile):
        raise RequestError(400, "The form has no file.", "file")
    file = cast("SpooledTemporaryFile[bytes]", upload.file)
    file.rollover()
    file.seek(0)
    return cast("IO[bytes]", file)
