"""What a Wyoming client is told about this server: its speech model and the languages that it knows."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from wyoming.info import AsrModel, AsrProgram, Attribution, Info

from wta import __version__
from wta.errors import WtaError

_TIMEOUT_S = 5
_US = Attribution(name="WhisperTextAnalyzer", url="https://github.com/openai/whisper")


async def describe(url: str) -> Info:
    """Ask the server at `url` (its WebSocket) what it can do. Raises WtaError if it does not answer."""
    speech = (await asyncio.to_thread(_config, url))["speech"]
    name = speech["models"]["stt"] if speech.get("models") else None
    models = [_model(name, speech.get("languages") or [])] if name else []
    program = AsrProgram(
        name="whispertextanalyzer", attribution=_US, installed=True, version=__version__, models=models,
        description="Live speech to text with sentiment", supports_transcript_streaming=True,
    )  # fmt: skip
    return Info(asr=[program])


def _model(name: str, languages: list[str]) -> AsrModel:
    return AsrModel(
        name=name, attribution=_US, installed=True, version=None, description="Whisper", languages=languages
    )


def _config(url: str) -> Any:
    parts = urlsplit(url)
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    path = parts.path.removesuffix("/ws/audio") + "/api/config"
    try:
        with urllib.request.urlopen(urlunsplit((scheme, parts.netloc, path, "", "")), timeout=_TIMEOUT_S) as answer:  # noqa: S310 - the operator names it
            return json.load(answer)
    except (OSError, ValueError) as error:
        raise WtaError(f"The server at {url} does not answer: {error}") from error
