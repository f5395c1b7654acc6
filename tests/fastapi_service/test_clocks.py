"""The clocks of the machines do not matter: Redis's clock and each process's own count of seconds decide."""

from __future__ import annotations

from pathlib import Path

import redis

from tests.fastapi_service.answers import answer_all
from tests.fastapi_service.files.sender import Sender
from tests.fastapi_service.speaker import Speaker
from tests.fastapi_service.web_service import MakeWeb, Web
from tests.support.encoded_audio import encoded
from tests.support.wait import wait_until
from wta import names
from wta.ledger import Ledger
from wta.names import CloseCode

TOMORROW = "tests.fastapi_service.service_of_tomorrow"


def test_a_talk_goes_on_at_a_server_whose_clock_is_a_day_ahead(
    web: Web, make_web: MakeWeb, ledger: Ledger, sentence: bytes
) -> None:
    # Given a talk that a server of today has begun
    with Speaker(web.ws_url) as speaker:
        ready = speaker.start()
        speaker.drop()
    # When it goes on at one whose clock is a day ahead, and which lets a talk last for an hour
    with Speaker(make_web(module=TOMORROW, max_session_s=3600).ws_url, resume_token=ready["resume_token"]) as speaker:
        speaker.start()
        speaker.say(sentence)
        speaker.receive("speech_ended")
        speaker.order("stop")
        speaker.until_ack(len(sentence) // 2)
        answer_all(ledger, ready["session_id"])
        # Expect that it is not over
        assert speaker.until_closed() == CloseCode.DONE
        assert not speaker.of_type("error")


def test_a_file_in_work_is_in_work_for_every_server_whatever_its_clock_says(
    web: Web, make_web: MakeWeb, redis_client: redis.Redis, sentence: bytes, tmp_path: Path
) -> None:
    sender = Sender(web)
    sender.send(encoded(sentence * 8, tmp_path / "talk.flac"))
    wait_until(lambda: redis_client.zcard(names.PENDING), 30, "it was not cut")
    sender.url = f"{make_web(module=TOMORROW).http_url}/api/files"
    assert sender.state() == "working"
    sender.cancel()
