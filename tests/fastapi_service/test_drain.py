"""A web service that is told to end, and takes its time for those who are connected (WTA_DRAIN_S)."""

from __future__ import annotations

import signal

import httpx

from tests.fastapi_service.speaker import Speaker
from tests.fastapi_service.web_service import MakeWeb, Web
from tests.support.wait import wait_until

_LONG_S = 600


def _tell_to_end(web: Web) -> None:
    web.process.signal(signal.SIGTERM)
    wait_until(lambda: httpx.get(f"{web.http_url}/readyz").json()["status"] == "draining", 10, "it does not drain")


def test_who_is_connected_goes_on_and_is_sent_elsewhere_in_the_end(make_web: MakeWeb, sentence: bytes) -> None:
    # Given a speaker, and a service that has been told to end
    web = make_web(drain_s=6)
    with Speaker(web.ws_url) as speaker:
        speaker.start()
        _tell_to_end(web)
        # When the speaker goes on, expect it to be heard, and in the end the code on which clients resume
        speaker.say(sentence)
        assert speaker.receive("speech_ended")
        assert speaker.until_closed() == 1012
    assert web.process.wait() == -signal.SIGTERM
    assert "Traceback" not in web.log()


def test_nobody_new_is_taken_meanwhile_and_a_second_signal_ends_it_at_once(make_web: MakeWeb) -> None:
    web = make_web(drain_s=_LONG_S)
    _tell_to_end(web)
    # When a file comes, expect to be told when to try again; and the process to be healthy
    form = {"files": {"file": ("a.wav", b"RIFF")}, "data": {"model": "whisper-1"}}
    refused = httpx.post(f"{web.http_url}/v1/audio/transcriptions", **form)
    assert refused.status_code == 503 and refused.headers["Retry-After"] == "1"
    assert httpx.get(f"{web.http_url}/healthz").is_success
    # When it is told once more, expect it not to wait
    web.process.signal(signal.SIGTERM)
    assert web.process.wait() == -signal.SIGTERM


def test_several_processes_drain_together(make_web: MakeWeb) -> None:
    # Given speakers of a service of two processes, which is told to end
    web = make_web(drain_s=3, web_processes=2)
    speakers = [Speaker(web.ws_url) for _ in range(4)]
    for speaker in speakers:
        speaker.start()
    _tell_to_end(web)
    # Expect all of them to be sent elsewhere
    assert [speaker.until_closed() for speaker in speakers] == [1012] * len(speakers)
    web.process.wait()
