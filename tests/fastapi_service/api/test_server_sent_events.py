"""Server-sent events: of a session, and of all."""

from __future__ import annotations

import json
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import pytest
import redis
from httpx_sse import EventSource

from tests.fastapi_service.answers import answer_all
from tests.fastapi_service.speaker import Speaker
from tests.fastapi_service.web_service import MakeWeb, Web
from tests.support.wait import wait_until
from wta import names
from wta.keys import hash_secret, new_key
from wta.ledger import Ledger
from wta.live_audio import LiveAudio
from wta.messages import Partial, parse_server

KEY, READER = new_key(), new_key()


class Stream:
    """One stream of events, read until it ends."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.events: list[Any] = []
        self.raw = ""
        self.error: Exception | None = None
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        try:
            for event in EventSource(self.response).iter_sse():
                self.events.append(event)
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            self.error = error

    def kinds(self) -> list[str]:
        return [event.event for event in self.events if event.data]

    def wait_for(self, *kinds: str) -> None:
        wait_until(lambda: self.kinds() == list(kinds), 20, f"never {kinds}, only {self.kinds()}")

    def until_end(self) -> None:
        self.thread.join(20)
        assert not self.thread.is_alive()


@contextmanager
def listening(web: Web, path: str, token: str, last_event_id: str | None = None) -> Iterator[Stream]:
    headers = {"Authorization": f"Bearer {token}"} | ({"Last-Event-ID": last_event_id} if last_event_id else {})
    with httpx.stream("GET", f"{web.http_url}{path}", headers=headers, timeout=30) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"].startswith("text/event-stream")
        try:
            yield Stream(response)
        finally:  # a socket that another thread reads is not closed before that
            with suppress(OSError):
                response.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)


def say(speaker: Speaker, ledger: Ledger, sentence: bytes, sid: str, text: str) -> None:
    speaker.say(sentence)
    speaker.receive("speech_ended")
    answer_all(ledger, sid, text)


def test_a_session_is_followed_and_resumed(web: Web, ledger: Ledger, sentence: bytes) -> None:
    # Given a session in which something was said already
    with Speaker(web.ws_url) as speaker:
        ready = speaker.start()
        sid, token = ready["session_id"], ready["resume_token"]
        path = f"/api/sessions/{sid}/events"
        say(speaker, ledger, sentence, sid, "first words")
        # When somebody reads its events while it goes on
        with listening(web, path, token) as stream:
            stream.wait_for("final", "sentiment")
            say(speaker, ledger, sentence, sid, "more words")
            stream.wait_for("final", "sentiment", "final", "sentiment")
            events = [event for event in stream.events if event.data]
            # Expect every event, from before and after, under its id
            for event in events:
                message = parse_server(event.data)
                assert message.event_id == event.id  # type: ignore[union-attr]
        assert [json.loads(e.data)["text"] for e in events if e.event == "final"] == ["first words", "more words"]
        # Expect a reader who comes again to get what it has not seen
        with listening(web, path, token, last_event_id=events[1].id) as stream:
            stream.wait_for("final", "sentiment")
            assert stream.events[-1].id == events[3].id
        # Expect the speaker not to be disturbed by those who read
        speaker.order("stop")
        assert speaker.receive("done")["summary"]["utterances"] == 2


def test_a_session_is_for_its_own_token(web: Web, redis_client: redis.Redis) -> None:
    with Speaker(web.ws_url) as speaker, Speaker(web.ws_url) as stranger:
        sid, other = speaker.start()["session_id"], stranger.start()["resume_token"]
        url = f"{web.http_url}/api/sessions/{sid}/events"
        for headers in ({}, {"Authorization": f"Bearer {other}"}):
            assert httpx.get(url, headers=headers).status_code == 404


@pytest.mark.parametrize("wrong", ["now", "1", "99999999999999999999-0", "0-0\t1"])
def test_a_cursor_that_is_no_event_id_is_refused(web: Web, redis_client: redis.Redis, wrong: str) -> None:
    with Speaker(web.ws_url) as speaker:
        ready = speaker.start()
        headers = {"Authorization": f"Bearer {ready['resume_token']}", "Last-Event-ID": wrong}
        assert (
            httpx.get(f"{web.http_url}/api/sessions/{ready['session_id']}/events", headers=headers).status_code == 422
        )


def test_a_deleted_session_ends_the_stream_with_words(web: Web, redis_client: redis.Redis) -> None:
    with Speaker(web.ws_url) as speaker:
        ready = speaker.start()
        url, token = f"/api/sessions/{ready['session_id']}", ready["resume_token"]
        with listening(web, f"{url}/events", token) as stream:
            httpx.delete(web.http_url + url, headers={"Authorization": f"Bearer {token}"})
            stream.until_end()
            assert json.loads(stream.events[-1].data)["code"] == "deleted" and stream.error is None


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_link_lets_others_follow_and_do_nothing_else(
    web: Web, ledger: Ledger, redis_client: redis.Redis, sentence: bytes
) -> None:
    with Speaker(web.ws_url) as speaker:
        # Given a read-only link to a session
        ready = speaker.start()
        sid, live = ready["session_id"], LiveAudio(redis_client)
        url = f"{web.http_url}/api/sessions/{sid}"
        link = httpx.post(f"{url}/link", headers=bearer(ready["resume_token"])).json()
        assert link["path"] == f"captions/{sid}#{link['token']}" and link["expires_in_s"] > 0
        # When somebody follows it, words so far included
        with listening(web, f"/api/sessions/{sid}/events?interim=true", link["token"]) as stream:
            say(speaker, ledger, sentence, sid, "first words")
            stream.wait_for("final", "sentiment")
            for seq in (1, 2):  # the first comes too late
                words = Partial(utterance_id=f"{sid}:{seq}", seq=seq, text=f"words so far {seq}", stable_chars=0)
                live.publish(words, {})
            # Expect what is said, and the newest words
            stream.wait_for("final", "sentiment", "partial")
            assert json.loads(stream.events[-1].data)["text"] == "words so far 2"
        # Expect the link to open nothing else
        for method, path in (("GET", url), ("DELETE", url), ("POST", f"{url}/link"), ("DELETE", f"{url}/link")):
            assert httpx.request(method, path, headers=bearer(link["token"])).status_code == 404


@pytest.mark.parametrize("end", ["taken back", "replaced", "expired"])
def test_a_link_that_ends_ends_what_follows_it(web: Web, redis_client: redis.Redis, end: str) -> None:
    with Speaker(web.ws_url) as speaker:
        ready = speaker.start()
        sid, headers = ready["session_id"], bearer(ready["resume_token"])
        link = f"{web.http_url}/api/sessions/{sid}/link"
        token = httpx.post(link, headers=headers).json()["token"]
        with listening(web, f"/api/sessions/{sid}/events", token) as stream:
            match end:
                case "taken back":
                    assert httpx.delete(link, headers=headers).status_code == 204
                case "replaced":
                    assert httpx.post(link, headers=headers).json()["token"] != token
                case _:
                    redis_client.hset(names.session_key(sid), "link_until", "1")
            stream.until_end()
            assert json.loads(stream.events[-1].data)["code"] == "link_ended" and stream.error is None
        events = f"{web.http_url}/api/sessions/{sid}/events"
        assert httpx.get(events, headers=bearer(token)).status_code == 404
        # Expect the speaker not to have noticed
        speaker.order("stop")
        speaker.receive("done")


def test_everybody_is_heard_by_who_has_a_readers_key(make_web: MakeWeb, ledger: Ledger, sentence: bytes) -> None:
    # Given two speakers, one of whom has spoken before anybody listens
    web = make_web(api_keys=f"anna:{hash_secret(KEY)}", reader_keys=f"eve:{hash_secret(READER)}")
    path, speaks = "/api/results/events", {"Authorization": f"Bearer {KEY}"}
    with Speaker(web.ws_url, headers=speaks) as anna, Speaker(web.ws_url, headers=speaks) as bert:
        first, second = anna.start()["session_id"], bert.start()["session_id"]
        say(anna, ledger, sentence, first, "before anybody listens")
        # When somebody with a reader's key listens, and both speak
        with listening(web, path, READER) as stream:
            say(anna, ledger, sentence, first, "anna's words")
            stream.wait_for("result")
            ledger._redis.xadd(names.RESULTS_STREAM, {"json": "no result"})
            say(bert, ledger, sentence, second, "bert's words")
            stream.wait_for("result", "result")
            # Expect what both say from then on, and no junk
            results = [json.loads(event.data) for event in stream.events if event.data]
            cursor = next(event.id for event in stream.events if event.data)
        assert [(r["session_id"], r["text"]) for r in results] == [(first, "anna's words"), (second, "bert's words")]
        # Expect who comes again with a cursor to get what came after it
        with listening(web, path, READER, cursor) as stream:
            stream.wait_for("result")
            assert json.loads(stream.events[-1].data) == results[1]
    # Expect a key to speak to be none to read what others say
    for headers in (speaks, {}, {"Authorization": "Bearer wrong"}):
        answer = httpx.get(web.http_url + path, headers=headers)
        assert answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer"
    assert READER not in web.log() and "anna's words" not in web.log()


def test_without_readers_keys_nobody_hears_everybody(web: Web, redis_client: redis.Redis) -> None:
    answer = httpx.get(f"{web.http_url}/api/results/events", headers={"Authorization": f"Bearer {READER}"})
    assert answer.status_code == 403 and "WTA_READER_KEYS" in answer.json()["detail"]


def test_a_quiet_stream_has_a_heartbeat_and_ends_clean_with_the_server(
    make_web: MakeWeb, redis_client: redis.Redis
) -> None:
    # Given a stream on which nothing happens
    web = make_web(idle_timeout_s=1, reader_keys=f"eve:{hash_secret(READER)}", log_level="DEBUG")
    headers = {"Authorization": f"Bearer {READER}"}
    with httpx.stream("GET", f"{web.http_url}/api/results/events", headers=headers, timeout=30) as response:
        lines = response.iter_lines()
        comments = 0
        # Expect a comment now and then, so that the connection stays
        while comments < 3:
            comments += next(lines).startswith(":")
        # When the server is told to stop
        web.process.signal(signal.SIGTERM)
        # Expect a proper end
        rest = list(lines)  # raises where the stream is torn off
        assert not any(line.startswith("data") for line in rest)
    assert web.process.wait(20) == -signal.SIGTERM
    assert "Traceback" not in web.log()


def test_listeners_are_bounded_and_take_no_place_from_speakers(make_web: MakeWeb, redis_client: redis.Redis) -> None:
    # Given a server with one place for speakers and one for listeners, and a listener
    web = make_web(max_sessions=1, reader_keys=f"eve:{hash_secret(READER)}")
    with listening(web, "/api/results/events", READER):
        # Expect a second listener to be refused, and a speaker to be let in
        refused = httpx.get(f"{web.http_url}/api/results/events", headers={"Authorization": f"Bearer {READER}"})
        assert refused.status_code == 503 and "Too many are listening" in refused.json()["detail"]
        with Speaker(web.ws_url) as speaker:
            speaker.start()

    # When the listener has gone, expect the place to be free again
    def again() -> bool:
        with httpx.stream(
            "GET", f"{web.http_url}/api/results/events", headers={"Authorization": f"Bearer {READER}"}
        ) as r:
            return r.status_code == 200

    wait_until(again, 10, "the place was not given back")


def test_a_web_process_without_the_speaker_tells_the_events_of_the_session(
    make_web: MakeWeb, web: Web, ledger: Ledger
) -> None:
    """It has no connection to the speaker, and reads the events from Redis."""
    other = make_web()
    with Speaker(web.ws_url) as speaker:
        ready = speaker.start()
        with listening(other, f"/api/sessions/{ready['session_id']}/events", ready["resume_token"]) as stream:
            wait_until(lambda: stream.events or stream.thread.is_alive(), 5, "no stream")
            ledger._redis.xadd(
                names.events_key(ready["session_id"]), {"json": '{"type":"no_speech","utterance_id":"x:1","seq":1}'}
            )
            stream.wait_for("no_speech")
