"""Who spoke may have it deleted: nothing of it stays, and a talk that still runs ends."""

from __future__ import annotations

import httpx
import redis

from tests.fastapi_service.answers import answer_all
from tests.fastapi_service.speaker import Message, Speaker
from tests.fastapi_service.web_service import MakeWeb, Web
from wta import names
from wta.ledger import Ledger
from wta.names import CloseCode


def delete(web: Web, ready: Message, token: str | None = None) -> int:
    headers = {"Authorization": f"Bearer {token or ready['resume_token']}"}
    return httpx.delete(f"{web.http_url}/api/sessions/{ready['session_id']}", headers=headers).status_code


def left_over(client: redis.Redis, session_id: str) -> list[bytes]:
    """Keys that belong to the session, or tell of it."""
    sets = {names.PENDING.encode(), names.WAITING.encode(), names.DEAD.encode()}
    return [key for key in client.scan_iter() if session_id.encode() in key or key in sets]


def test_a_finished_talk_is_deleted_whole(web: Web, redis_client: redis.Redis, ledger: Ledger, sentence: bytes) -> None:
    # Given a talk that is over, with its answers
    with Speaker(web.ws_url) as speaker:
        ready = speaker.start()
        speaker.say(sentence)
        speaker.receive("speech_ended")
        speaker.order("stop")
        speaker.until_ack(len(sentence) // 2)
        answer_all(ledger, ready["session_id"], "words that should go")
        assert speaker.until_closed() == CloseCode.DONE
    # When its speaker has it deleted
    assert delete(web, ready) == 204
    # Expect nothing of it to be left, and nobody to go on with it
    assert left_over(redis_client, ready["session_id"]) == []
    assert redis_client.xlen(names.RESULTS_STREAM) == 0
    assert delete(web, ready) == 404
    with Speaker(web.ws_url, resume_token=ready["resume_token"]) as speaker:
        speaker.order("start", **speaker.fields)
        assert speaker.until_closed() == CloseCode.BAD_MESSAGE
        assert speaker.messages[-1]["code"] == "unknown_resume_token"


def test_a_running_talk_ends_wherever_it_runs(
    web: Web, make_web: MakeWeb, redis_client: redis.Redis, sentence: bytes
) -> None:
    # Given a talk in the process that is asked, and one in another process
    replica = make_web(resume_grace_s=0.2)
    for server in (web, replica):
        with Speaker(server.ws_url) as speaker:
            ready = speaker.start()
            speaker.say(sentence)
            speaker.receive("speech_ended")
            speaker.say(sentence[: len(sentence) // 4 * 2])  # a sentence is open
            speaker.receive("speech_started")
            # When it is deleted
            assert delete(web, ready) == 204
            # Expect the speaker to be told why it ends
            assert speaker.until_closed() == CloseCode.BAD_MESSAGE
            assert (speaker.messages[-1]["code"], speaker.messages[-1]["retryable"]) == ("deleted", False)
    # Expect nothing to be written of what was being said
    replica.process.stop()  # what was being said would be written now
    assert "Traceback" not in replica.log()
    assert left_over(redis_client, ready["session_id"]) == []


def test_a_deletion_that_nobody_heard_of_ends_the_talk_at_its_next_word(
    web: Web, redis_client: redis.Redis, ledger: Ledger
) -> None:
    with Speaker(web.ws_url) as speaker:
        sid = speaker.start()["session_id"]
        redis_client.delete(names.session_key(sid))
        speaker.say(bytes(2 * 16_000 * 5))
        assert speaker.until_closed() == CloseCode.BAD_MESSAGE
        assert speaker.messages[-1]["code"] == "deleted"


def test_only_the_talks_own_token_deletes_it(web: Web, redis_client: redis.Redis, ledger: Ledger) -> None:
    with Speaker(web.ws_url) as speaker, Speaker(web.ws_url) as stranger:
        ready, other = speaker.start(), stranger.start()
        for wrong in (other["resume_token"], "x", ready["session_id"]):
            assert delete(web, ready, wrong) == 404
        assert httpx.delete(f"{web.http_url}/api/sessions/{ready['session_id']}").status_code == 404
        assert ledger.session_exists(ready["session_id"])
