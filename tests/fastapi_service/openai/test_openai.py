"""`POST /v1/audio/transcriptions` with the official client: the workers' part is done by the test."""

from __future__ import annotations

from pathlib import Path

import httpx
import openai
import pytest
import redis

from tests.fastapi_service.fake_workers import FakeWorkers
from tests.fastapi_service.web_service import MakeWeb, Web
from tests.support.encoded_audio import encoded
from wta.keys import hash_secret, new_key


def client(web: Web, key: str = "none is needed") -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{web.http_url}/v1", api_key=key, max_retries=0, timeout=60)


@pytest.mark.parametrize("kind", ["mp3", "m4a", "webm"])
def test_files_of_every_kind_are_heard(
    web: Web, workers: FakeWorkers, sentence: bytes, tmp_path: Path, kind: str
) -> None:
    path = encoded(sentence, tmp_path / f"talk.{kind}")
    answer = client(web).audio.transcriptions.create(file=path, model="whisper-1", response_format="verbose_json")
    assert answer.text == "sentence 1"
    (segment,) = answer.segments
    assert 0.5 < segment.start < 1.1 and answer.duration - 1.5 < segment.end < answer.duration
    assert abs(answer.duration - len(sentence) / 32_000) < 0.3
    assert segment.sentiment["label"] == "POSITIVE"


def test_every_response_format_is_given(web: Web, workers: FakeWorkers, sentence: bytes, tmp_path: Path) -> None:
    path = encoded(sentence, tmp_path / "talk.wav")
    ask = client(web).audio.transcriptions.create
    assert ask(file=path, model="whisper-1").text == "sentence 1"
    assert ask(file=path, model="any", response_format="text", language="en") == "sentence 1\n"
    srt = ask(file=path, model="any", response_format="srt")
    assert srt.startswith("1\n00:00:00,") and " --> 00:00:0" in srt and srt.endswith("\nsentence 1\n")
    vtt = ask(file=path, model="any", response_format="vtt")
    assert vtt.startswith("WEBVTT\n\n00:00:00.") and vtt.endswith("\nsentence 1\n")


def test_a_long_file_stands_before_nobody(web: Web, workers: FakeWorkers, sentence: bytes, tmp_path: Path) -> None:
    path = encoded(sentence * 10, tmp_path / "long.flac")
    answer = client(web).audio.transcriptions.create(file=path, model="whisper-1")
    assert answer.text == " ".join(f"sentence {n}" for n in range(1, 11))
    assert 0 < workers.most_waiting <= 6


def test_silence_has_no_text(web: Web, workers: FakeWorkers, tmp_path: Path) -> None:
    path = encoded(bytes(64_000), tmp_path / "silence.wav")
    assert client(web).audio.transcriptions.create(file=path, model="whisper-1").text == ""


@pytest.mark.parametrize(
    "content",
    [b"", b"no audio", b"RIFF\xff\xff\xff\xffWAVEfmt ", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"],
)
def test_an_upload_that_is_no_audio_is_refused_in_words(web: Web, workers: FakeWorkers, content: bytes) -> None:
    with pytest.raises(openai.BadRequestError, match="cannot be read as audio"):
        client(web).audio.transcriptions.create(file=("talk.wav", content), model="whisper-1")


def test_a_page_of_somebody_else_gets_no_text(web: Web, workers: FakeWorkers, sentence: bytes, tmp_path: Path) -> None:
    path = encoded(sentence, tmp_path / "talk.mp3")
    ask = client(web).audio.transcriptions.create
    with pytest.raises(openai.PermissionDeniedError, match=r"WTA_ALLOWED_ORIGINS=https://example\.org"):
        ask(file=path, model="whisper-1", extra_headers={"Origin": "https://example.org"})
    assert ask(file=path, model="whisper-1", extra_headers={"Origin": web.http_url}).text == "sentence 1"


def test_an_upload_beyond_the_bounds_is_refused_in_words(
    make_web: MakeWeb, workers: FakeWorkers, redis_client: redis.Redis, sentence: bytes, tmp_path: Path
) -> None:
    # Given a server with a key and bounds, and a file within them
    key = new_key()
    web = make_web(api_keys=f"anna:{hash_secret(key)}", max_upload_bytes=1_000_000, max_session_s=20)
    path = encoded(sentence, tmp_path / "talk.mp3")
    # When the key is wrong, expect a refusal; with the right one, the text
    with pytest.raises(openai.AuthenticationError):
        client(web, "wrong").audio.transcriptions.create(file=path, model="whisper-1")
    ask = client(web, key).audio.transcriptions.create
    assert ask(file=path, model="whisper-1").text == "sentence 1"
    # When it is too long or too large, expect that to be said
    with pytest.raises(openai.BadRequestError, match="longer than 20 s"):
        ask(file=encoded(bytes(32_000 * 30), tmp_path / "long.mp3"), model="whisper-1")
    with pytest.raises(openai.APIStatusError, match="at most") as caught:
        ask(file=("talk.wav", bytes(1_200_000)), model="whisper-1")
    assert caught.value.status_code == 413
    # When it asks for what there is not, expect that to be said
    for wrong in ({"response_format": "docx"}, {"language": "Klingonese"}):
        with pytest.raises(openai.BadRequestError):
            ask(file=path, model="whisper-1", **wrong)
    # When no worker is there, expect that to be said
    redis_client.delete(*redis_client.keys("worker:*"))
    with pytest.raises(openai.InternalServerError, match="No speech worker"):
        ask(file=path, model="whisper-1")
    # When the request itself is malformed, expect no error of the server's own
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "multipart/form-data; boundary=x"}
    url = f"{web.http_url}/v1/audio/transcriptions"
    assert httpx.post(url, headers=headers, content=iter([b"--x"])).status_code in {400, 503}
    assert httpx.post(url, headers=headers, content=b"--y").status_code in {400, 503}
    assert "Traceback" not in web.log()
