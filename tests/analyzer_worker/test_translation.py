"""From the speech worker's text to the result: what was spoken in another language is never scored as English."""

from __future__ import annotations

import pytest
import redis

from analyzer_worker.classifier import SentimentClassifier
from analyzer_worker.language import NOT_UNDERSTOOD
from stt_worker.service import SttService
from tests.analyzer_worker.bench import Bench
from wta import names
from wta.ledger import Ledger
from wta.live_audio import EarlyText, LiveAudio
from wta.messages import Final, Options, Timings, parse_server
from wta.settings import Settings
from wta.worker.process import WorkerTools

PCM16 = b"\0\0" * 16_000


@pytest.mark.parametrize(
    ("task", "language", "text", "translated", "label"),
    [
        ("translate", "ko", "This is wonderful.", True, "POSITIVE"),
        ("transcribe", "ko", "정말 최고예요.", None, None),
        ("translate", "en", "This is wonderful.", None, "POSITIVE"),
    ],
)
def test_only_english_gets_a_score_on_the_way_from_speech_to_result(
    settings: Settings, redis_client: redis.Redis, classifier: SentimentClassifier, task: str, language: str,
    text: str, translated: bool | None, label: str | None,
) -> None:  # fmt: skip
    # Given an utterance that a multilingual Whisper has heard, as `text` of `language`
    settings = settings.model_copy(update={"stt_task": task, "stt_engine": "measured"})
    ledger, live = Ledger(redis_client, settings), LiveAudio(redis_client)
    session = ledger.open_session(16_000)
    uid = ledger.append(session, 1, PCM16, 0.0, 1.0, 16_000, Timings(captured=1.0), "trace")
    live.put_early_text(uid, EarlyText.of(PCM16, text, language, "base"))
    live.discard(uid, len(PCM16) // 2)
    # When both workers have done their part
    ears = SttService(settings)
    ears.load()
    ears.begin(WorkerTools(names.WorkerKind.STT, "base", settings))
    ears.transcribe()
    bench = Bench(ledger, settings, classifier)
    bench.service.analyze()
    # Expect page and result to tell what was spoken, whether it was translated, and no score but of English
    first = redis_client.xrange(names.events_key(session.session_id))[0]
    final = parse_server(first[1][b"json"])
    assert isinstance(final, Final) and (final.language, final.translated) == (language, translated)
    result = bench.result(redis_client, uid)
    assert (result.text, result.language, result.translated) == (text, language, translated)
    assert (None if result.label is None else str(result.label)) == label
    assert (result.reason is None) == (label is not None)


@pytest.mark.parametrize(
    ("avg_logprob", "asked", "foreign"), [(-1.7, None, True), (-0.4, None, None), (-1.7, "en", None)]
)
def test_what_an_english_only_model_did_not_understand_gets_no_label(
    settings: Settings, redis_client: redis.Redis, classifier: SentimentClassifier, avg_logprob: float,
    asked: str | None, foreign: bool | None,
) -> None:  # fmt: skip
    # Given two seconds of which an English-only model has made something, more or less sure of it
    settings = settings.model_copy(update={"stt_engine": "measured", "sentiment_language": "any"})
    ledger, live, pcm16 = Ledger(redis_client, settings), LiveAudio(redis_client), PCM16 * 2
    session = ledger.open_session(16_000, Options(language=asked))
    uid = ledger.append(session, 1, pcm16, 0.0, 2.0, 32_000, Timings(captured=1.0), "trace")
    live.put_early_text(uid, EarlyText.of(pcm16, "This is wonderful.", "en", "tiny.en", avg_logprob=avg_logprob))
    live.discard(uid, len(pcm16) // 2)
    # When both workers have done their part
    ears = SttService(settings)
    ears.load()
    ears.begin(WorkerTools(names.WorkerKind.STT, "tiny.en", settings))
    ears.transcribe()
    bench = Bench(ledger, settings, classifier)
    bench.service.analyze()
    # Expect the page to be told, and no label, unless the speaker has said that it is English
    final = parse_server(redis_client.xrange(names.events_key(session.session_id))[0][1][b"json"])
    assert isinstance(final, Final) and (final.foreign, final.language) == (foreign, None if foreign else "en")
    result = bench.result(redis_client, uid)
    assert (result.label is None) is bool(foreign)
    assert result.reason == (NOT_UNDERSTOOD if foreign else None)
