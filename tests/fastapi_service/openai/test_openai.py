"""`POST /v1/audio/transcriptions` with the official client: the workers' part is done by the test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import httpx
import numpy as np
import openai
import pytest
import redis

from tests.fastapi_service.answers import give_sentiment, give_text
from tests.fastapi_service.conftest import MakeWeb, Web
from wta import names
from wta.health.heartbeat import beat
from wta.keys import hash_secret, new_key
from wta.ledger import Ledger
from wta.names import Stage, WorkerKind

CODECS = {"wav": "pcm_s16le", "flac": "flac", "mp3": "libmp3lame", "m4a": "aac", "webm": "libopus"}


class Workers:
    """Answers everything that comes into the ledger, while in use: `sentence 1`, `sentence 2`, …"""

    def __init__(self, client: redis.Redis, ledger: Ledger) -> None:
        self._client, self._ledger = client, ledger
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.most_waiting = 0

    def __enter__(self) -> Workers:
        for kind in WorkerKind:
            beat(self._client, kind, "test:1", {"model": "test"}, ttl_s=60)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(0.02):
            ids = [uid.decode() for uid in self._client.zrange(names.PENDING, 0, -1)]
            waiting = [uid for uid in ids if (u := self._ledger.get(uid)) and u.stage is Stage.AUDIO]
            self.most_waiting = max(self.most_waiting, len(waiting))
            for uid in waiting:
                give_text(self._ledger, uid, f"sentence {uid.rpartition(':')[2]}")
                give_sentiment(self._ledger, uid)


@pytest.fixture
def workers(redis_client: redis.Redis, ledger: Ledger) -> Iterator[Workers]:
    with Workers(redis_client, ledger) as workers:
        yield workers


def client(web: Web, key: str = "none is needed") -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{web.http_url}/v1", api_key=key, max_retries=0, timeout=60)


def encoded(pcm16: bytes, path: Path) -> Path:
    """Speech as a file of whatever kind its name says; stereo, as most files are."""
    kind = path.suffix[1:]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(CODECS[kind], rate=48_000 if kind == "webm" else 44_100)
        stream.layout = "stereo"  # type: ignore[attr-defined]
        samples = np.frombuffer(pcm16, dtype="<i2")
        for at in range(0, len(samples), 16_000):
            frame = av.AudioFrame.from_ndarray(samples[None, at : at + 16_000], format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 16_000, at, Fraction(1, 16_000)
            container.mux(stream.encode(frame))  # type: ignore[attr-defined]
        container.mux(stream.encode(None))  # type: ignore[attr-defined]
    return path


@pytest.mark.parametrize("kind", ["mp3", "m4a", "webm"])
def test_files_of_every_kind_are_heard(web: Web, workers: Workers, sentence: bytes, tmp_path: Path, kind: str) -> None:
    path = encoded(sentence, tmp_path / f"talk.{kind}")
    answer = client(web).audio.transcriptions.create(file=path, model="whisper-1", response_format="verbose_json")
    assert answer.text == "sentence 1"
    (segment,) = answer.segments
    assert 0.5 < segment.start < 1.1 and answer.duration - 1.5 < segment.end < answer.duration
    assert abs(answer.duration - len(sentence) / 32_000) < 0.3
    assert segment.sentiment["label"] == "POSITIVE"


def test_every_format_is_given(web: Web, workers: Workers, sentence: bytes, tmp_path: Path) -> None:
    path = encoded(sentence, tmp_path / "talk.wav")
    ask = client(web).audio.transcriptions.create
    assert ask(file=path, model="whisper-1").text == "sentence 1"
    assert ask(file=path, model="any", response_format="text", language="en") == "sentence 1\n"
    srt = ask(file=path, model="any", response_format="srt")
    assert srt.startswith("1\n00:00:00,") and " --> 00:00:0" in srt and srt.endswith("\nsentence 1\n")
    vtt = ask(file=path, model="any", response_format="vtt")
    assert vtt.startswith("WEBVTT\n\n00:00:00.") and vtt.endswith("\nsentence 1\n")


def test_a_long_file_stands_before_nobody(web: Web, workers: Workers, sentence: bytes, tmp_path: Path) -> None:
    path = encoded(sentence * 10, tmp_path / "long.flac")
    answer = client(web).audio.transcriptions.create(file=path, model="whisper-1")
    assert answer.text == " ".join(f"sentence {n}" for n in range(1, 11))
    assert 0 < workers.most_waiting <= 6


def test_silence_has_no_text(web: Web, workers: Workers, tmp_path: Path) -> None:
    path = encoded(bytes(64_000), tmp_path / "silence.wav")
    assert client(web).audio.transcriptions.create(file=path, model="whisper-1").text == ""


@pytest.mark.parametrize(
    "content",
    [b"", b"no audio", b"RIFF\xff\xff\xff\xffWAVEfmt ", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"],
)
def test_what_is_no_audio_is_refused_in_words(web: Web, workers: Workers, content: bytes) -> None:
    with pytest.raises(openai.BadRequestError, match="cannot be read as audio"):
        client(web).audio.transcriptions.create(file=("talk.wav", content), model="whisper-1")


def test_a_page_of_somebody_else_gets_nothing(web: Web, workers: Workers, sentence: bytes, tmp_path: Path) -> None:
    path = encoded(sentence, tmp_path / "talk.mp3")
    ask = client(web).audio.transcriptions.create
    with pytest.raises(openai.AuthenticationError, match="This page may not"):
        ask(file=path, model="whisper-1", extra_headers={"Origin": "https://example.org"})
    assert ask(file=path, model="whisper-1", extra_headers={"Origin": web.http_url}).text == "sentence 1"


def test_bounds_are_kept(
    make_web: MakeWeb, workers: Workers, redis_client: redis.Redis, sentence: bytes, tmp_path: Path
) -> None:
    key = new_key()
    web = make_web(api_keys=f"anna:{hash_secret(key)}", max_upload_bytes=1_000_000, max_session_s=20)
    path = encoded(sentence, tmp_path / "talk.mp3")
    with pytest.raises(openai.AuthenticationError):
        client(web, "wrong").audio.transcriptions.create(file=path, model="whisper-1")
    ask = client(web, key).audio.transcriptions.create
    assert ask(file=path, model="whisper-1").text == "sentence 1"
    with pytest.raises(openai.BadRequestError, match="longer than 20 s"):
        ask(file=encoded(bytes(32_000 * 30), tmp_path / "long.mp3"), model="whisper-1")
    with pytest.raises(openai.APIStatusError, match="at most") as caught:
        ask(file=("talk.wav", bytes(1_200_000)), model="whisper-1")
    assert caught.value.status_code == 413
    for wrong in ({"response_format": "docx"}, {"language": "English!"}):
        with pytest.raises(openai.BadRequestError):
            ask(file=path, model="whisper-1", **wrong)
    with pytest.raises(openai.BadRequestError, match="stream"):
        ask(file=path, model="whisper-1", stream=True)
    redis_client.delete(*redis_client.keys("worker:*"))
    with pytest.raises(openai.InternalServerError, match="No speech worker"):
        ask(file=path, model="whisper-1")
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "multipart/form-data; boundary=x"}
    url = f"{web.http_url}/v1/audio/transcriptions"
    assert httpx.post(url, headers=headers, content=iter([b"--x"])).status_code == 411
    assert httpx.post(url, headers=headers, content=b"--y").status_code in {400, 503}
    assert "Traceback" not in web.log()
