"""The sentiment stage on a bench: a real classifier and ledger, without Celery."""

from __future__ import annotations

from collections.abc import Sequence

import redis

from analyzer_worker.classifier import Prediction, SentimentClassifier
from analyzer_worker.service import AnalyzerService
from wta import names
from wta.ledger import Advance, Ledger, Session, Utterance
from wta.messages import Result, Timings
from wta.metrics import StageMetrics
from wta.names import Stage
from wta.settings import Settings
from wta.worker.leases import LeaseKeeper
from wta.worker.stage import StageRunner


class Watched(SentimentClassifier):
    """Notes what it is asked for together, and fails where it is told to."""

    def __init__(self, real: SentimentClassifier) -> None:
        self.__dict__.update(real.__dict__)
        self.batches: list[list[str]] = []

    def classify(self, texts: list[str], avg_logprobs: Sequence[float | None] | None = None) -> list[Prediction]:
        self.batches.append(texts)
        if any("poison" in text for text in texts):
            raise RuntimeError("this text breaks the model")
        return super().classify(texts, avg_logprobs)


class Bench:
    """An AnalyzerService with a real classifier and ledger, without Celery."""

    def __init__(self, ledger: Ledger, settings: Settings, classifier: SentimentClassifier) -> None:
        self.ledger = ledger
        self.classifier = Watched(classifier)
        self.session: Session = ledger.open_session(16_000)
        self.service = AnalyzerService(settings)
        self.service._classifier = self.classifier
        self.metrics = StageMetrics()
        keeper = LeaseKeeper(ledger, "me", settings)
        self.service._runner = StageRunner(ledger, keeper, Stage.TEXT, settings, metrics=self.metrics)
        self._seq = 0

    def hear(self, text: str, **fields: object) -> str:
        """An utterance as the speech stage leaves it."""
        self._seq += 1
        uid = self.ledger.append(self.session, self._seq, b"\0\0" * 1600, 0.0, 0.1, 0, Timings(captured=1.0), "t")
        found = self.ledger.claim(uid, Stage.AUDIO, "ears").utterance
        assert found
        values = {**found.__dict__, "text": text, "language": "en", **fields}
        assert self.ledger.advance(Advance(Stage.TEXT, Utterance(**values)), Stage.AUDIO)
        return uid

    def result(self, client: redis.Redis, uid: str) -> Result:
        for _, entry in client.xrange(names.RESULTS_STREAM):
            result = Result.model_validate_json(entry[b"json"])
            if result.utterance_id == uid:
                return result
        raise AssertionError(f"no result of {uid}")

    def is_finished(self, uid: str) -> bool:
        return (found := self.ledger.get(uid)) is not None and found.stage in (Stage.DONE, Stage.FAILED)
