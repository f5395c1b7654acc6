"""The speech worker's two tasks: the final text of an utterance, and the words so far of one still being spoken."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import replace

from stt_worker.engine import SpeechEngine, Transcript, TranscriptionOptions
from stt_worker.engines.create import create_engine
from stt_worker.guards.foreign_speech import sounds_foreign
from stt_worker.interruption import Interruption
from stt_worker.language_belief import UNDECIDED, LanguageBelief
from stt_worker.local_agreement import LocalAgreement
from stt_worker.models.choice.from_settings import with_model
from wta import audio_format, names
from wta.ledger import Advance, Ledger, Utterance
from wta.live_audio import EarlyText, LiveAudio, Snapshot
from wta.messages import UNKNOWN_ABILITIES, Abilities, Final, NoSpeech, Options, Partial, Task, Word
from wta.metrics import StageMetrics
from wta.names import Stage
from wta.settings import Settings
from wta.worker.leases import LeaseKeeper
from wta.worker.process import WorkerTools
from wta.worker.stage import StageRunner

log = logging.getLogger(__name__)

_LIVE_SHARE = 0.7
"""Largest share of a worker's time that goes into updating words already shown. The rest is kept free for final texts
and for the first words of an utterance."""


class SttService:
    """The work of the speech stage: final texts go through the ledger, partial ones are shown and not kept."""

    kind = names.WorkerKind.STT
    abilities = UNKNOWN_ABILITIES
    _engine: SpeechEngine
    _runner: StageRunner
    _live: LiveAudio
    _ledger: Ledger
    _keeper: LeaseKeeper
    _interruption: Interruption
    _metrics: StageMetrics

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._live_again = 0.0
        """When the next update of words already shown may be computed, by time.monotonic()."""

    def load(self) -> str:
        """Load the speech engine and run it once, so that the first speaker does not wait for it.

        Returns the model's name. Raises `ModelError` or `EngineError`.
        """
        s = self._settings
        self._engine = create_engine(with_model(s))
        self._engine.warm_up()
        defaults = Options(language=s.language, languages=s.languages, task=s.stt_task, words=s.word_timestamps)
        self.abilities = Abilities(languages=self._engine.languages, tasks=self._engine.tasks, defaults=defaults)
        return self._engine.model

    def begin(self, tools: WorkerTools) -> None:
        """Connect the service. Tasks may come from now on."""
        self._live, self._ledger = LiveAudio(tools.redis_live, tools.redis), tools.ledger
        self._keeper = tools.keeper
        self._metrics = tools.metrics
        self._runner = StageRunner(tools.ledger, tools.keeper, Stage.AUDIO, self._settings, tools.metrics, tools.rate)
        self._interruption = Interruption(
            tools.redis_live, self.partial, lambda utterance_id: self._runner.run_one(utterance_id, self._final)
        )
        self._engine.between_steps = self._interruption.look  # type: ignore[method-assign]

    def transcribe(self, _utterance_id: str = "") -> None:
        """Celery task: write the final text of the utterance whose turn it is. The message is a wake-up."""
        self._runner.run(self._final)

    def partial(self, utterance_id: str) -> None:
        """Celery task: show the words so far of an utterance that is still being spoken.

        A request does nothing where an earlier one has used up its audio.
        """
        snapshot = self._live.pop_snapshot(utterance_id)
        if snapshot is None:
            self._metrics.partial("stale")
            return
        if not snapshot.early and time.monotonic() < self._live_again and self._has_words(utterance_id):
            self._metrics.partial("put_off")
            self._show(utterance_id, "")  # nothing new, but an answer: the next request then comes with more audio
            return
        began = time.monotonic()
        with self._keeper.hold(utterance_id):  # there is no lease to renew, but the deadline ends work that hangs
            heard = self._partial(utterance_id, snapshot)
        if not snapshot.early:
            now = time.monotonic()
            self._live_again = now + (now - began) * (1 / _LIVE_SHARE - 1)
        if snapshot.early and heard.text:  # where it is empty, the final is decoded from all of the audio
            self._live.put_early_text(utterance_id, _early_text(snapshot.pcm16, heard))
        self._metrics.partial("answered")
        if snapshot.shown:
            self._show(utterance_id, heard.text)

    def _partial(self, utterance_id: str, snapshot: Snapshot) -> Transcript:
        if snapshot.early:
            return self._hear(utterance_id, snapshot.pcm16, snapshot.options)
        with self._interruption.allowed(utterance_id):
            return self._hear(utterance_id, snapshot.pcm16, snapshot.options, draft=True)

    def _has_words(self, utterance_id: str) -> bool:
        return any((self._live.partial_state(utterance_id) or {}).values())

    def _show(self, utterance_id: str, text: str) -> None:
        agreement = LocalAgreement.from_state(self._live.partial_state(utterance_id))
        text, stable_chars = agreement.update(text)
        _, seq = names.split_utterance_id(utterance_id)
        partial = Partial(utterance_id=utterance_id, seq=seq, text=text, stable_chars=stable_chars)
        self._live.publish(partial, agreement.to_state())

    def _final(self, utterance: Utterance, pcm16: bytes) -> Advance:
        started = time.time()
        timed = self._is_timed(utterance.options)
        heard = None if timed else self._early(utterance.utterance_id, pcm16)
        words = None
        if heard is None:
            with self._interruption.allowed(utterance.utterance_id):
                transcript = self._hear(utterance.utterance_id, pcm16, utterance.options, word_timestamps=timed)
            heard, words = _early_text(pcm16, transcript), _words(transcript, utterance.start_s)
        foreign = self._is_foreign(heard, utterance)
        timings = utterance.timings.model_copy(update={"stt_start": started, "stt_end": time.time()})
        done = replace(
            utterance,
            text=heard.text,
            foreign=foreign or None,
            avg_logprob=heard.avg_logprob,
            language=None if foreign else heard.language,
            translated=True if self._task(utterance.options) == "translate" and heard.language != "en" else None,
            models=utterance.models.model_copy(update={"stt": heard.model}),
            timings=timings,
        )
        uid, seq = done.utterance_id, done.seq
        if not heard.text:
            return Advance(Stage.EMPTY, done, NoSpeech(utterance_id=uid, seq=seq))
        final = Final(
            utterance_id=uid, seq=seq, start=done.start_s, end=done.end_s, text=heard.text, language=done.language,
            foreign=done.foreign, words=words, model=heard.model, timings=timings, translated=done.translated,
            avg_logprob=_rounded(heard.avg_logprob),
        )  # fmt: skip
        return Advance(Stage.TEXT, done, final, language_belief=heard.language_belief)

    def _task(self, options: Options) -> Task:
        return options.task or self._settings.stt_task

    def _is_timed(self, options: Options) -> bool:
        return self._settings.word_timestamps if options.words is None else options.words

    def _is_foreign(self, heard: EarlyText, utterance: Utterance) -> bool:
        """Whether an English-only model has heard another language. Whoever says that it is English is believed."""
        if len(self._engine.languages) > 1 or utterance.options.language or self._settings.language:
            return False
        return bool(heard.text) and sounds_foreign(heard.avg_logprob, heard.samples / audio_format.SAMPLE_RATE_HZ)

    def _early(self, utterance_id: str, pcm16: bytes) -> EarlyText | None:
        """The text that was made at the beginning of the silence, if it was made of this audio; else None."""
        early = self._live.early_text(utterance_id)
        if early is None or not early.is_beginning_of(pcm16):
            return None
        log.info("the early text becomes the final one utterance=%s", utterance_id)
        return early

    def _hear(
        self, utterance_id: str, pcm16: bytes, options: Options, *, word_timestamps: bool = False, draft: bool = False
    ) -> Transcript:
        wanted = TranscriptionOptions(
            language=options.language, languages=options.languages, belief=self._belief(utterance_id, options),
            task=self._task(options), word_timestamps=word_timestamps, draft=draft,
        )  # fmt: skip
        return self._engine.transcribe(audio_format.pcm16_to_float(pcm16), wanted)

    def _belief(self, utterance_id: str, options: Options) -> LanguageBelief:
        """What the session has told of its language. Redis is not asked where the language is known anyway."""
        if len(self._engine.languages) == 1 or options.language or self._settings.language:
            return UNDECIDED
        session_id, _ = names.split_utterance_id(utterance_id)
        return LanguageBelief.from_state(self._ledger.language_belief(session_id))


def _early_text(pcm16: bytes, heard: Transcript) -> EarlyText:
    """What is kept of a transcript of `pcm16`, whether it is the final one or may become it."""
    belief = heard.belief and heard.belief.to_state()
    return EarlyText.of(
        pcm16, heard.text, heard.language, heard.model,
        avg_logprob=heard.avg_logprob, finished=heard.finished, language_belief=belief,
    )  # fmt: skip


def _words(heard: Transcript, start_s: float) -> tuple[Word, ...] | None:
    """The words with their times counted from the session's start; None where the engine gave none."""
    if heard.words is None:
        return None
    return tuple(
        Word(word=w.text, start=start_s + w.start_s, end=start_s + w.end_s, probability=round(w.probability, 4))
        for w in heard.words
    )


def _rounded(logprob: float | None) -> float | None:
    return None if logprob is None or not math.isfinite(logprob) else round(logprob, 4)
