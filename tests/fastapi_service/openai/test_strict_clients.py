"""What strict clients of OpenAI's need: every field, rules of the form, models, translations."""

from __future__ import annotations

from pathlib import Path

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
