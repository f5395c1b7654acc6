"""What strict clients of OpenAI's need: every field, rules of the form, models, translations."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import openai
import pytest
import redis
from openai.types.audio import TranscriptionVerbose

from tests.fastapi_service.fake_workers import FakeWorkers
from tests.fastapi_service.web_service import MakeWeb, Web
from tests.support.encoded_audio import encoded
from wta.keys import hash_secret, new_key
from wta.ledger import Ledger


def client(web: Web, key: str = "none") -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{web.http_url}/v1", api_key=key, max_retries=0, timeout=60)


def test_verbose_json_is_what_openais_description_says(
    web: Web, workers: FakeWorkers, sentence: bytes, tmp_path: Path
) -> None:
    path = encoded(sentence * 2, tmp_path / "talk.flac")
    answer = client(web).audio.transcriptions.create(file=path, model="whisper-1", response_format="verbose_json")
    strict = TranscriptionVerbose.model_validate(answer.model_dump(), strict=True)
    assert strict.segments and len(strict.segments) == 2
    assert [segment.avg_logprob for segment in strict.segments] == [-0.25, -0.25]
    assert all(0 < segment.compression_ratio < 2 for segment in strict.segments)
    assert answer.task == "transcribe" and answer.language == "en" and answer.unread_seconds == 0


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"timestamp_granularities": ["word"]}, "timestamp_granularities[]"),
        ({"timestamp_granularities": ["letter"], "response_format": "verbose_json"}, "timestamp_granularities[]"),
        ({"response_format": "docx"}, "response_format"),
        ({"language": "Klingonese"}, "language"),
        ({"stream": True, "response_format": "verbose_json"}, "stream"),
        ({"include": ["logprobs"], "response_format": "verbose_json"}, "include[]"),
        ({"include": ["secrets"]}, "include[]"),
        ({"chunking_strategy": "often"}, "chunking_strategy"),
        ({"chunking_strategy": {"type": "server_vad", "silence_duration_ms": -1}}, "chunking_strategy"),
        ({"chunking_strategy": "{no JSON"}, "chunking_strategy"),
    ],
)
def test_an_error_names_the_field(
    web: Web, workers: FakeWorkers, tmp_path: Path, wrong: dict[str, object], param: str
) -> None:
    path = encoded(bytes(32_000), tmp_path / "talk.wav")
    with pytest.raises(openai.BadRequestError) as caught:
        client(web).audio.transcriptions.create(file=path, model="whisper-1", **wrong)  # type: ignore[call-overload]
    assert caught.value.param == param


def test_the_models_are_listed_for_who_has_a_key(make_web: MakeWeb, workers: FakeWorkers) -> None:
    key = new_key()
    web = make_web(api_keys=f"anna:{hash_secret(key)}")
    assert [model.id for model in client(web, key).models.list()] == ["test"]
    assert client(web, key).models.retrieve("test").owned_by == "this server"
    with pytest.raises(openai.NotFoundError, match="another name"):
        client(web, key).models.retrieve("whisper-1")
    with pytest.raises(openai.AuthenticationError):
        client(web, "wrong").models.list()


def test_a_translation_is_made_where_the_model_can(
    web: Web, redis_client: redis.Redis, ledger: Ledger, sentence: bytes, tmp_path: Path
) -> None:
    path = encoded(sentence, tmp_path / "talk.flac")
    ask = client(web).audio.translations.create
    with FakeWorkers(redis_client, ledger, languages=["en", "ko"], tasks=["transcribe", "translate"]):
        answer = ask(file=path, model="whisper-1", response_format="verbose_json")
    assert (answer.text, answer.language, answer.task) == ("sentence 1", "en", "translate")  # type: ignore[attr-defined]
    with (
        FakeWorkers(redis_client, ledger, languages=["en"], tasks=["transcribe"]),
        pytest.raises(openai.BadRequestError, match="cannot translate"),
    ):
        ask(file=path, model="whisper-1")


def test_how_sure_the_model_is_of_each_word_can_be_asked(
    web: Web, workers: FakeWorkers, sentence: bytes, tmp_path: Path
) -> None:
    path = encoded(sentence, tmp_path / "talk.flac")
    ask = client(web).audio.transcriptions.create
    answer = ask(file=path, model="gpt-4o-transcribe", include=["logprobs"])
    assert [(p.token, p.logprob, p.bytes) for p in answer.logprobs or ()] == [
        ("sentence", -0.6931, list(b"sentence")),
        ("1", -0.6931, [49]),
    ]
    *_, done = ask(file=path, model="gpt-4o-transcribe", include=["logprobs"], stream=True)
    assert done.type == "transcript.text.done" and [p.token for p in done.logprobs or ()] == ["sentence", "1"]
    assert ask(file=path, model="gpt-4o-transcribe").logprobs is None


@pytest.mark.parametrize("pause_ms", [400, 1500])
def test_a_file_is_cut_at_the_pauses_that_are_asked_for(
    web: Web, workers: FakeWorkers, sentence: bytes, tmp_path: Path, pause_ms: int
) -> None:
    loud = sentence.strip(b"\0")
    path = encoded(loud[: len(loud) // 2 * 2] + bytes(32_000) + loud, tmp_path / "talk.flac")
    strategy = {"type": "server_vad", "silence_duration_ms": pause_ms}
    answer = client(web).audio.transcriptions.create(file=path, model="any", chunking_strategy=strategy)  # type: ignore[call-overload]
    assert answer.text == ("sentence 1 sentence 2" if pause_ms == 400 else "sentence 1")


def test_a_long_request_keeps_its_line_alive(
    web: Web, redis_client: redis.Redis, ledger: Ledger, sentence: bytes, tmp_path: Path
) -> None:
    # Given a worker that does not come to the file
    path = encoded(sentence, tmp_path / "talk.flac")
    ask = {"files": {"file": path.read_bytes()}, "data": {"model": "any", "response_format": "verbose_json"}}
    with (
        FakeWorkers(redis_client, ledger, only=lambda _: False),
        httpx.stream("POST", f"{web.http_url}/v1/audio/transcriptions", **ask, timeout=60) as response,  # type: ignore[arg-type]
    ):
        # Expect something to come all the same
        parts = response.iter_bytes()
        assert next(parts) == b" " and response.headers["x-request-id"]
        # When it is answered, expect JSON
        with FakeWorkers(redis_client, ledger):
            assert json.loads(b"".join(parts))["text"] == "sentence 1"
