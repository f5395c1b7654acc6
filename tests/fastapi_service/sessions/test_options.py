"""What a session may ask for: language, task, endpoint, times of words."""

from __future__ import annotations

import httpx
import numpy as np
import pytest
import redis

from tests.fastapi_service.speaker import Speaker
from tests.fastapi_service.web_service import Web
from wta.health import heartbeat
from wta.ledger import Ledger
from wta.messages import Abilities, Options
from wta.names import CloseCode, WorkerKind

ENGLISH = Abilities(languages=("en",), tasks=("transcribe",))
MANY = Abilities(
    languages=("en", "de", "ko"), tasks=("transcribe", "translate"), defaults=Options(language="de", task="translate")
)
ASKED = {"language": "ko", "languages": ["ko", "en"], "task": "translate", "endpoint_ms": 900, "words": True}


def at_work(client: redis.Redis, *them: Abilities) -> None:
    """Write heartbeats of speech workers with these abilities; `web` finds them in Redis."""
    for number, able in enumerate(them):
        said = {"model": f"model-{number}", "abilities": able.model_dump(exclude_none=True)}
        heartbeat.beat(client, WorkerKind.STT, f"test:{number}", said)


def speech(web: Web) -> dict[str, object]:
    found: dict[str, object] = httpx.get(f"{web.http_url}/api/config").json()["speech"]
    return found


def test_the_config_says_what_can_be_asked_for(web: Web, redis_client: redis.Redis) -> None:
    # When no worker is there, expect nothing to be promised
    nobody = speech(web)
    assert (nobody["languages"], nobody["tasks"]) == ([], [])
    # When a worker of many languages is there, expect its abilities and the defaults
    at_work(redis_client, MANY)
    found = speech(web)
    assert (found["languages"], found["tasks"]) == (["en", "de", "ko"], ["transcribe", "translate"])
    assert found["models"] == {"stt": "model-0", "sentiment": None}
    assert found["defaults"] == {
        "language": "de", "languages": None, "task": "translate", "endpoint_ms": 400, "words": None,
    }  # fmt: skip
    assert (found["least_endpoint_ms"], found["most_endpoint_ms"]) == (300, 2000)
    # When one knows English only, expect what both can do
    at_work(redis_client, MANY, ENGLISH)  # an utterance may go to any of them
    assert (speech(web)["languages"], speech(web)["tasks"]) == (["en"], ["transcribe"])


def test_a_session_keeps_what_it_asked_for(
    web: Web, redis_client: redis.Redis, ledger: Ledger, sentence: bytes
) -> None:
    # Given a session with options of its own
    at_work(redis_client, MANY)
    with Speaker(web.ws_url, **ASKED) as speaker:
        ready = speaker.start()
        assert ready["options"] == ASKED
        speaker.drop()
    # When it is resumed and asks for something else
    with Speaker(web.ws_url, resume_token=ready["resume_token"], task="transcribe") as speaker:
        again = speaker.start()
        # Expect it to keep what it asked for first
        assert (again["resumed"], again["options"]) == (True, ASKED)
        speaker.say(sentence)
        speaker.receive("speech_ended")
    (utterance,) = ledger.utterances(ready["session_id"])
    assert utterance.options == Options(**ASKED)


@pytest.mark.parametrize(
    ("able", "wrong", "words"),
    [
        (ENGLISH, {"language": "ko"}, "knows English only: not 'ko'"),
        (ENGLISH, {"languages": ["en", "Korean"]}, "knows English only: not 'ko'"),
        (ENGLISH, {"task": "translate"}, "cannot translate"),
        (MANY, {"language": "xx"}, "does not know that language"),
    ],
)
def test_what_the_model_cannot_do_is_refused_in_words(
    web: Web, redis_client: redis.Redis, able: Abilities, wrong: dict[str, str], words: str
) -> None:
    at_work(redis_client, able)
    with Speaker(web.ws_url, **wrong) as speaker:
        speaker.order("start", **speaker.fields)
        assert speaker.until_closed() == CloseCode.BAD_MESSAGE
        error = speaker.messages[-1]
    assert (error["code"], error["retryable"]) == ("unsupported", False)
    assert words in error["message"]
    assert not list(redis_client.scan_iter("session:*"))


def test_without_a_worker_nothing_is_refused(web: Web, redis_client: redis.Redis) -> None:
    with Speaker(web.ws_url, language="ko", task="translate") as speaker:
        assert speaker.start()["options"] == {"language": "ko", "task": "translate"}


@pytest.mark.parametrize(("endpoint_ms", "utterances"), [(400, 2), (1500, 1)])
def test_the_endpoint_is_the_sessions_own(
    web: Web, redis_client: redis.Redis, ledger: Ledger, sentence: bytes, endpoint_ms: int, utterances: int
) -> None:
    samples = np.frombuffer(sentence, dtype="<i2")
    spoken = samples[12_000:-12_000]  # 0.25 s of silence stay on either side
    said = np.concatenate([samples[:12_000], spoken, np.zeros(8_000, dtype="<i2"), spoken, samples[-12_000:]]).tobytes()
    with Speaker(web.ws_url, endpoint_ms=endpoint_ms) as speaker:
        sid = speaker.start()["session_id"]
        speaker.say(said)
        speaker.order("stop")
        speaker.until_ack(len(said) // 2)
    assert len(ledger.utterances(sid)) == utterances
