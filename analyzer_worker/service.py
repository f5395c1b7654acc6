"""The sentiment worker's task: read the text of an utterance, judge it, and commit the finished result."""

from __future__ import annotations

import time
from dataclasses import replace

from analyzer_worker.classifier import MAX_BATCH, Prediction, SentimentClassifier
from analyzer_worker.language import ENGLISH, NOT_UNDERSTOOD, abstain_reason
from analyzer_worker.models.load import load_classifier
from analyzer_worker.settings import SentimentSettings
from wta import names
from wta.ledger import Advance, Utterance
from wta.messages import UNKNOWN_ABILITIES, Label, Sentiment
from wta.names import Stage
from wta.settings import Settings
from wta.worker.process import WorkerTools
from wta.worker.stage import StageRunner


class AnalyzerService:
    """The work of the last stage: what it commits is the result of the utterance."""

    kind = names.WorkerKind.ANALYZER
    abilities = UNKNOWN_ABILITIES
    _classifier: SentimentClassifier
    _runner: StageRunner

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def load(self) -> str:
        """Load the sentiment model. Returns its name; raises `ModelError`."""
        s = self._settings
        self._classifier = load_classifier(
            SentimentSettings(
                model=s.sentiment_model, revision=s.sentiment_revision, hub_timeout_s=s.download_timeout_s
            )
        )
        return self._classifier.model

    def begin(self, tools: WorkerTools) -> None:
        """Connect the service. Tasks may come from now on."""
        self._runner = StageRunner(tools.ledger, tools.keeper, Stage.TEXT, self._settings, tools.metrics, tools.rate)

    def analyze(self, _utterance_id: str = "") -> None:
        """Celery task: commit the results of up to MAX_BATCH whose turn it is. The message is a wake-up."""
        self._runner.run_batch(self._judge, MAX_BATCH)

    def _judge(self, utterances: list[Utterance]) -> list[Advance]:
        reasons = {u.utterance_id: self._why_not(u) for u in utterances}
        known = [u for u in utterances if reasons[u.utterance_id] is None]
        found = self._classifier.classify([u.text or "" for u in known], [u.avg_logprob for u in known])
        predictions = {u.utterance_id: prediction for u, prediction in zip(known, found, strict=True)}
        return [self._advance(_with(u, predictions.get(u.utterance_id), reasons[u.utterance_id])) for u in utterances]

    def _why_not(self, utterance: Utterance) -> str | None:
        """Why the utterance gets no sentiment; None where it gets one."""
        if utterance.foreign:
            return NOT_UNDERSTOOD
        if self._settings.sentiment_language == "any":
            return None
        language = ENGLISH if utterance.translated else utterance.language
        return abstain_reason(utterance.text or "", language)

    def _advance(self, judged: Utterance) -> Advance:
        """What to commit of an utterance that is judged: its result, and the event for the page."""
        now = time.time()
        done = replace(
            judged,
            models=judged.models.model_copy(update={"sentiment": self._classifier.model}),
            timings=judged.timings.model_copy(update={"analysed": now, "published": now}),
        )
        event = Sentiment(
            utterance_id=done.utterance_id, seq=done.seq, label=done.label, score=done.score, scores=done.scores,
            reason=done.reason, model=done.models.sentiment, timings=done.timings,
        )  # fmt: skip
        return Advance(Stage.DONE, done, event, done.to_result())


def _with(utterance: Utterance, prediction: Prediction | None, reason: str | None) -> Utterance:
    """The utterance with its sentiment, or with the reason why it has none."""
    if prediction is None:
        return replace(utterance, reason=reason)
    return replace(utterance, label=Label(prediction.label), score=prediction.score, scores=prediction.scores)
