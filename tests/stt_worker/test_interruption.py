"""Who speaks is served in the middle of a long transcription, and all texts are right."""

from __future__ import annotations

import time
from itertools import count, pairwise

import numpy as np
import pytest
import redis

from stt_worker.engine import SpeechEngine
from stt_worker.interruption import Interruption
from stt_worker.models.checkpoints import ModelFile
from stt_worker.service import SttService
from tests.support import sounds
from wta import names
from wta.audio_format import float_to_pcm16
from wta.broker.task_message import id_of, task_message
from wta.ledger import ClaimStatus, Ledger, Session
from wta.live_audio import LiveAudio, Snapshot
from wta.messages import Timings
from wta.settings import Settings
from wta.worker.process import WorkerTools

LONG = np.concatenate([sounds.spoken(sentence) for sentence in sounds.SENTENCES[:3]])
SHORT = sounds.spoken(sounds.SENTENCES[2])


def test_a_transcription_inside_another_changes_neither(engine: SpeechEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given two texts, each made alone
    alone, short_alone = engine.transcribe(LONG).text, engine.transcribe(SHORT).text
    inside: list[str] = []
    steps = count(1)

    def interrupt() -> None:
        if next(steps) % 7 == 0:
            with monkeypatch.context() as patch:
                patch.setattr(engine, "between_steps", lambda: None)
                inside.append(engine.transcribe(SHORT).text)

    # When one is made in the middle of the other, in several places
    monkeypatch.setattr(engine, "between_steps", interrupt)
    # Expect both as before
    assert engine.transcribe(LONG).text == alone
    assert len(inside) > 2 and set(inside) == {short_alone}


def append(ledger: Ledger, session: Session, pcm16: bytes) -> None:
    ledger.append(session, 1, pcm16, 0.0, 1.0, len(pcm16) // 2, Timings(), "trace")


def test_who_speaks_does_not_wait_for_the_sentence_of_a_file(
    tiny_en: ModelFile, settings: Settings, ledger: Ledger, redis_client: redis.Redis
) -> None:
    # Given a worker that is at a long sentence of a file when a speaker falls silent, and soon after ends the sentence
    service = SttService(Settings(whisper_model=str(tiny_en.path), threads=1))
    service.load()
    service.begin(WorkerTools(names.WorkerKind.STT, "tiny.en", settings))
    live = LiveAudio(redis_client)
    file, speaker = ledger.open_session(16_000), ledger.open_session(16_000)
    uid = names.utterance_id(speaker.session_id, 1)
    paused = float_to_pcm16(np.concatenate([SHORT, sounds.silence(0.1)]))
    steps, look = count(1), service._engine.between_steps

    def between_steps() -> None:
        step = next(steps)
        if step == 3:
            live.put_snapshot(uid, Snapshot(paused, early=True), queue=names.EARLY_QUEUE)
            time.sleep(0.05)
        elif redis_client.exists(names.live_early_key(uid)) and not ledger.get(uid):
            live.discard(uid, len(paused) // 2)
            append(ledger, speaker, paused + bytes(9_600))
        look()

    service._engine.between_steps = between_steps  # type: ignore[method-assign]
    append(ledger, file, float_to_pcm16(LONG))
    # When the worker does its one task
    service.transcribe()
    # Expect the speaker's text in the middle of it
    first, last = ledger.get(uid), ledger.get(names.utterance_id(file.session_id, 1))
    assert first and last and first.text and "window" in first.text and last.text and len(last.text) > len(first.text)
    assert first.timings.stt_end and last.timings.stt_end and last.timings.stt_start
    assert last.timings.stt_start < first.timings.stt_end < last.timings.stt_end
    # Expect nothing left to do
    assert ledger.claim_next(names.Stage.AUDIO, "test") == []


class Work:
    """Early texts that are made, and the finals that are asked for."""

    def __init__(self, client: redis.Redis, status: ClaimStatus = ClaimStatus.MISSING, takes_s: float = 0.0) -> None:
        self.done: list[str] = []
        self.began: list[float] = []
        """When each early text was begun."""
        self._status, self._takes_s = status, takes_s
        self.interruption = Interruption(client, self._early, self._final)
        self._redis = client

    def ask(self, *ids: str) -> None:
        for id_ in ids:
            self._redis.lpush(names.EARLY_QUEUE, task_message(names.TASK_PARTIAL, names.EARLY_QUEUE, id_))

    def _early(self, id_: str) -> None:
        self.done.append(f"early {id_}")
        self.began.append(time.monotonic())
        time.sleep(self._takes_s)
        self.interruption.look()  # what interrupts calls it too
        if id_ == "broken":
            raise RuntimeError

    def _final(self, id_: str) -> ClaimStatus:
        self.done.append(f"final {id_}")
        return self._status

    def until(self, last: str, utterance_id: str = "file") -> list[str]:
        """Work on an utterance until `last` was done, and some looks more."""
        until, left = time.monotonic() + 20, 3
        with self.interruption.allowed(utterance_id):
            while left and time.monotonic() < until:
                time.sleep(0.06)
                self.interruption.look()
                left -= last in self.done
        return self.done


def test_nothing_is_interrupted_where_it_is_not_allowed(redis_client: redis.Redis) -> None:
    work = Work(redis_client)
    work.ask("a")
    work.interruption.look()
    assert work.done == []
    assert work.until("final a")[:2] == ["early a", "final a"]


def test_interruptions_take_at_most_half_of_the_time(redis_client: redis.Redis) -> None:
    work = Work(redis_client, ClaimStatus.PAST, takes_s=0.1)
    work.ask("a", "b", "c")
    work.until("final c")
    assert [later - earlier >= 0.2 for earlier, later in pairwise(work.began)] == [True, True]


def test_an_utterance_that_is_in_work_is_not_claimed_again(redis_client: redis.Redis) -> None:
    work = Work(redis_client)
    work.ask("a", "b")
    assert "final a" not in work.until("final b", "a")


def test_a_broken_interruption_does_not_end_what_it_interrupts(redis_client: redis.Redis) -> None:
    work = Work(redis_client, ClaimStatus.CLAIMED)
    redis_client.lpush(names.EARLY_QUEUE, "junk")
    work.ask("broken", "b")
    assert work.until("final b") == ["early broken", "early b", "final b"]


def test_a_message_tells_its_id() -> None:
    assert id_of(task_message("task", "queue", "s:1").encode()) == "s:1"
