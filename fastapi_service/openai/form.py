"""Reads the form of a transcription request. Every function raises RequestError if it is not as it should be."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from fastapi import Request
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.types import Message

from fastapi_service.openai.errors import RequestError
from fastapi_service.openai.schemas import TranscriptionForm
from wta.messages import Task

_UPLOAD_S = 300.0
"""How long the form may take to arrive."""
_GRANULARITIES, _INCLUDE, _CHUNKING = "timestamp_granularities[]", "include[]", "chunking_strategy"
_FORM_BYTES = 65_536
"""How large the form may be without the file."""


def check_length(request: Request, max_bytes: int) -> None:
    """Check that the request announces no file of more than `max_bytes`. One sent in chunks announces nothing."""
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > max_bytes + _FORM_BYTES:
        raise _too_large(max_bytes)


def _too_large(max_bytes: int) -> RequestError:
    return RequestError(413, f"A file may have at most {max_bytes} bytes.", "file")


def _bounded(request: Request, max_bytes: int) -> Request:
    """The same request. Reading it raises RequestError (413) where more comes than a file of `max_bytes`."""
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > max_bytes + _FORM_BYTES:
            raise _too_large(max_bytes)
        return message

    return Request(request.scope, receive)


@asynccontextmanager
async def open_form(request: Request, max_bytes: int) -> AsyncIterator[FormData]:
    """Receive the form with a file of at most `max_bytes`, and keep the file open while the body runs."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise RequestError(400, "The request is not a form (multipart/form-data).")
    try:
        async with asyncio.timeout(_UPLOAD_S):
            form = await _bounded(request, max_bytes).form(max_files=1, max_fields=30)
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
    wanted = _several(form, _GRANULARITIES, {"segment", "word"}) if task == "transcribe" else set()
    included = _several(form, _INCLUDE, {"logprobs"}) if task == "transcribe" else set()
    names = ("model", "response_format", "stream") + (() if task == "translate" else ("language",))
    given = {name: form[name] for name in names if form.get(name)}
    made = {"words": "word" in wanted, "logprobs": bool(included), "task": task, _CHUNKING: _chunking(form)}
    try:
        fields = TranscriptionForm.model_validate(given | made)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise RequestError(400, f"{first['loc'][0]}: {first['msg']}", str(first["loc"][0])) from error
    if wanted and fields.response_format != "verbose_json":
        raise RequestError(400, f"{_GRANULARITIES} needs response_format=verbose_json.", _GRANULARITIES)
    if fields.stream and fields.response_format != "json":
        raise RequestError(400, "stream=true needs response_format=json.", "stream")
    if fields.logprobs and fields.response_format != "json":
        raise RequestError(400, f"{_INCLUDE}=logprobs needs response_format=json.", _INCLUDE)
    return fields


def _several(form: FormData, name: str, known: set[str]) -> set[str]:
    wanted = {str(value) for value in (*form.getlist(name), *form.getlist(name.removesuffix("[]")))}
    if not wanted <= known:
        raise RequestError(400, f"{name}: {' or '.join(sorted(known))}.", name)
    return wanted


def _chunking(form: FormData) -> Any:
    """Return what was said about chunks: one word, an object in JSON, or one field of the form for each of its own."""
    if _CHUNKING not in form:
        fields = {name[len(_CHUNKING) + 1 : -1]: form[name] for name in form if name.startswith(f"{_CHUNKING}[")}
        return fields or None
    text = str(form[_CHUNKING])
    if not text.startswith("{"):
        return {"type": text} if text else None
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RequestError(400, f"{_CHUNKING}: not valid JSON.", _CHUNKING) from error


def read_file(form: FormData) -> IO[bytes]:
    """Return the file of the form, at its beginning, as a file of the operating system: the decoder needs one."""
    upload = form.get("file")
    if not isinstance(upload, UploadFile):
        raise RequestError(400, "The form has no file.", "file")
    file = cast("SpooledTemporaryFile[bytes]", upload.file)
    file.rollover()
    file.seek(0)
    return cast("IO[bytes]", file)
