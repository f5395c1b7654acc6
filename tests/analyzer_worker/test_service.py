"""The sentiment stage against a real Redis: what waits is judged together; other languages are not judged."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
import redis

from analyzer_worker.classifier import MAX_BATCH, SentimentClassifier
from analyzer_worker.service import AnalyzerService
from tests.analyzer_worker.bench import Bench
from tests.support.wait import wait_until
from wta import names
from wta.ledger import Ledger
from wta.messages import Result
from wta.names import Stage
from wta.settings import Settings


@pytest.fixture
def bench(ledger: Ledger, settings: Settings, classifier: SentimentClassifier) -> Bench:
    return Bench(ledger, settings, classifier)


def test_what_waits_is_judged_together_and_committed_each_once(bench: Bench, redis_client: redis.Redis) -> None:
    # Given five sentences that wait, and one that another worker has in hand
    uids = [bench.hear(text) for text in ("I love it.", "I hate it.", "It is noon.", "Awful.", "Great!")]
    busy = bench.hear("Somebody else's.")
    bench.ledger.claim(busy, Stage.TEXT, "another worker")
    # When a wake-up comes for each of them, and one more
    for _ in range(6):
        bench.service.analyze()
    # Expect one batch, one result each, and the other worker's left alone
    assert [len(batch) for batch in bench.classifier.batches] == [5]
    results = [Result.model_validate_json(entry[b"json"]) for _, entry in redis_client.xrange(names.RESULTS_STREAM)]
    assert sorted(result.utterance_id for result in results) == sorted(uids)
    labels = {result.text: str(result.label) for result in results}
    assert (labels["I love it."], labels["I hate it."], labels["It is noon."]) == ("POSITIVE", "NEGATIVE", "NEUTRAL")
    assert redis_client.zrange(names.PENDING, 0, -1) == [busy.encode()]


def test_words_the_recogniser_doubts_get_no_feeling(bench: Bench, redis_client: redis.Redis) -> None:
    sure, doubted = bench.hear("I love it.", avg_logprob=-0.1), bench.hear("I love it.", avg_logprob=-1.6)
    bench.service.analyze()
    results = [bench.result(redis_client, uid) for uid in (sure, doubted)]
    assert [result.label for result in results] == ["POSITIVE", "NEUTRAL"]
    assert results[0].scores == results[1].scores, "what the text says stays as it is"


def test_a_batch_is_bounded(bench: Bench) -> None:
    uids = [bench.hear(f"Sentence {n}.") for n in range(MAX_BATCH + 3)]
    for _ in uids:
        bench.service.analyze()
    assert [len(batch) for batch in bench.classifier.batches] == [MAX_BATCH, 3]


def test_one_bad_sentence_takes_nobody_along(
    bench: Bench, redis_client: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a sentence that breaks the model, between two others
    caplog.set_level(logging.CRITICAL)
    uids = [bench.hear(text) for text in ("I love it.", "poison", "I hate it.")]
    # When they are worked on, the bad one as often as it may, a second apart
    wait_until(lambda: bench.service.analyze() or bench.is_finished(uids[1]), 20, "it was never given up")
    # Expect the others' results, and the bad one given up
    assert [bench.result(redis_client, uid).status for uid in uids] == ["done", "failed", "done"]
    # and it was never again beside anybody
    assert [batch for batch in bench.classifier.batches if len(batch) > 1] == [["I love it.", "poison", "I hate it."]]


@pytest.mark.parametrize(
    ("text", "language", "translated", "judged"),
    [
        ("정말 최고예요", "ko", None, False),
        ("Das ist wunderbar.", "de", None, False),
        ("정말 최고예요", "en", None, False),
        ("This is wonderful.", "ko", True, True),
        ("This is wonderful.", "en", None, True),
        ("정말 최고예요", "ko", True, False),  # a translation that is none
    ],
)
def test_only_english_gets_a_score_and_a_translation_says_so(
    bench: Bench, redis_client: redis.Redis, text: str, language: str, translated: bool | None, judged: bool
) -> None:
    uid = bench.hear(text, language=language, translated=translated)
    bench.service.analyze()
    result = bench.result(redis_client, uid)
    assert (result.language, result.translated) == (language, translated)
    if judged:
        assert (result.label, result.reason) == ("POSITIVE", None)
    else:
        assert (result.label, result.score, result.scores) == (None, None, None)
        assert result.reason and "English only" in result.reason


def test_a_model_of_every_language_judges_all(
    ledger: Ledger, settings: Settings, classifier: SentimentClassifier
) -> None:
    anything = Bench(ledger, settings.model_copy(update={"sentiment_language": "any"}), classifier)
    anything.hear("정말 최고예요", language="ko")
    anything.service.analyze()
    assert anything.classifier.batches == [["정말 최고예요"]]


def test_whatever_transformers_loads_can_be_the_worker_model(settings: Settings, two_label_folder: Path) -> None:
    service = AnalyzerService(settings.model_copy(update={"sentiment_model": str(two_label_folder)}))
    assert service.load() == two_label_folder.name
