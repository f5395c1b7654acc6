"""The default engine: openai-whisper's modules and weights under an encoder and a loop of our own.

The silence that fills up Whisper's window is computed in outline (encoder.py); where the text that
comes of it is doubtful, the utterance is done again over the full window, once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from whisper.model import Whisper
from whisper.tokenizer import Tokenizer, get_tokenizer

from inference.linear import FloatLinear, Int8Linear, MakeLinear
from inference.processor import int8_is_possible
from stt_worker.engine import SAMPLE_RATE_HZ, Audio, Task, Transcript, Word
from stt_worker.engines.full_window import WhisperEngine, checked_language
from stt_worker.guards.early_end import may_end_early, unheard
from stt_worker.guards.silence_guard import Evidence, SilenceGuard, compression_ratio
from stt_worker.network.cpu_threads import computing_with
from stt_worker.network.decoder import Decoded, Decoder, Session, Vocabulary
from stt_worker.network.encoder import FRAME_SAMPLES, Encoder
from stt_worker.network.word_times import word_times
from stt_worker.settings import SttSettings

LONGEST_S = 28.0
"""Longer audio than Whisper's window goes to openai-whisper's own transcribe()."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """One utterance after one pass."""

    decoded: Decoded
    language: str
    evidence: Evidence


class ShortContextEngine:
    """Greedy decoding of utterances up to 28 s; see `SpeechEngine`."""

    name = "whisper"

    def __init__(self, settings: SttSettings) -> None:
        """Load the model of the settings; raises `ModelError`."""
        self._plain = WhisperEngine(settings)
        self.model = self._plain.model
        self.languages, self.tasks = self._plain.languages, self._plain.tasks
        self._settings = settings
        self._whisper = self._plain.whisper
        self._guard = SilenceGuard(settings.guard)
        make_linear: MakeLinear = Int8Linear if settings.int8 and int8_is_possible() else FloatLinear
        self._encoder = Encoder(self._whisper, make_linear)
        words = vocabulary(tokenizer_of(self._whisper))
        self._decoder = Decoder(self._whisper, words, make_linear, compiled=settings.compiled)

    def warm_up(self) -> None:
        """Run once over a second of silence."""
        self.transcribe(np.zeros(SAMPLE_RATE_HZ, dtype=np.float32))

    def transcribe(
        self,
        audio: Audio,
        *,
        language: str | None = None,
        task: Task = "transcribe",
        word_timestamps: bool = False,
        draft: bool = False,
    ) -> Transcript:
        """See `SpeechEngine.transcribe`. Word times cost another pass of the decoder (word_times.py)."""
        if len(audio) > LONGEST_S * SAMPLE_RATE_HZ:
            return self._plain.transcribe(audio, language=language, task=task, word_timestamps=word_timestamps)
        heard = self._transcribe(audio, language, task, draft=draft)
        return replace(heard, words=self._words(audio, heard, task)) if word_timestamps else heard

    @torch.inference_mode()
    def _transcribe(self, audio: Audio, language: str | None, task: Task, *, draft: bool) -> Transcript:
        language = checked_language(self._whisper, language or self._settings.language)
        heard = self._pass(audio, language, task, self._settings.stride_frames)
        retried = not draft and self._is_doubtful(heard)
        if retried:
            heard = self._pass(audio, language, task, stride_frames=1)
        judged, tokens = self._judged(heard, retried=retried), len(heard.decoded.tokens)
        if judged.text and not draft and may_end_early(audio, tokens, self._settings.least_tokens_per_s):
            return self._to_the_end(audio, judged, task)
        return judged

    @torch.inference_mode()
    def _words(self, audio: Audio, heard: Transcript, task: Task) -> tuple[Word, ...]:
        tokenizer = tokenizer_of(self._whisper, heard.language, task)
        tokens = tokenizer.encode(f" {heard.text}") if heard.text else []
        s = self._settings
        with computing_with(s.threads):
            encoded = self._encoder(audio, s.margin_frames, s.stride_frames)
            return word_times(self._whisper, tokenizer, encoded, tokens, len(audio) // FRAME_SAMPLES)

    def _to_the_end(self, audio: Audio, heard: Transcript, task: Task) -> Transcript:
        rest = unheard(audio, self._words(audio, heard, task))
        if rest is None:
            return heard
        more = self.transcribe(rest, language=heard.language, task=task)
        return replace(
            heard,
            text=f"{heard.text} {more.text}".strip(),
            avg_logprob=min(heard.avg_logprob, more.avg_logprob) if more.text else heard.avg_logprob,
            passes=heard.passes + 1 + more.passes,
        )

    def _pass(self, audio: Audio, language: str | None, task: Task, stride_frames: int) -> _Heard:
        with computing_with(self._settings.threads):
            session = self._decoder.open(self._encoder(audio, self._settings.margin_frames, stride_frames))
            tokenizer = tokenizer_of(self._whisper, language or self._spoken_language(session), task)
            prompt = tokenizer.sot_sequence_including_notimestamps
            decoded = self._decoder.decode(session, prompt, self._most_tokens(audio))
        return _Heard(decoded, str(tokenizer.language or "en"), _evidence(decoded, tokenizer, audio))

    def _spoken_language(self, session: Session) -> str:
        tokenizer, logits = tokenizer_of(self._whisper), self._decoder.first_logits(session)
        best = int(logits[list(tokenizer.all_language_tokens)].argmax())
        return str(tokenizer.all_language_codes[best])

    def _most_tokens(self, audio: Audio) -> int:
        """Nobody says more in the time; a loop would."""
        per_s = self._settings.max_tokens_per_s
        return min(int(self._whisper.dims.n_text_ctx) // 2, 12 + int(len(audio) / SAMPLE_RATE_HZ * per_s))

    def _is_doubtful(self, heard: _Heard) -> bool:
        if self._settings.stride_frames <= 1 or not self._settings.retry:
            return False
        decoded = heard.decoded
        return (
            not decoded.ended
            or decoded.avg_logprob < self._settings.retry_logprob
            or self._guard.objection(heard.evidence) is not None
            or compression_ratio(heard.evidence.text) > self._settings.guard.compression_ratio
        )

    def _judged(self, heard: _Heard, *, retried: bool) -> Transcript:
        rejected = self._guard.objection(heard.evidence)
        return Transcript(
            text="" if rejected else heard.evidence.text,
            language=heard.language,
            avg_logprob=heard.decoded.avg_logprob,
            no_speech_prob=heard.decoded.no_speech_prob,
            engine=self.name,
            model=self.model,
            passes=2 if retried else 1,
            retried=retried,
            rejected=rejected,
        )


def _evidence(decoded: Decoded, tokenizer: Tokenizer, audio: Audio) -> Evidence:
    return Evidence(
        text=tokenizer.decode(decoded.tokens).strip(),
        avg_logprob=decoded.avg_logprob,
        no_speech_prob=decoded.no_speech_prob,
        seconds=len(audio) / SAMPLE_RATE_HZ,
        looped=decoded.looped,
    )


def tokenizer_of(whisper: Whisper, language: str | None = None, task: Task = "transcribe") -> Tokenizer:
    """The tokenizer that fits a model; openai-whisper keeps it once made."""
    multilingual = whisper.is_multilingual
    return get_tokenizer(multilingual, num_languages=whisper.num_languages, language=language, task=task)


def vocabulary(tokenizer: Tokenizer) -> Vocabulary:
    """What openai-whisper's DecodingTask suppresses, too."""
    specials = ("transcribe", "translate", "sot", "sot_prev", "sot_lm", "no_speech", "no_timestamps")
    never = {*tokenizer.non_speech_tokens, *(getattr(tokenizer, name) for name in specials)}
    never |= set(range(tokenizer.timestamp_begin, tokenizer.encoding.n_vocab))
    return Vocabulary(
        end_of_text=tokenizer.eot,
        start_of_transcript=tokenizer.sot,
        no_speech=tokenizer.no_speech,
        suppressed=torch.tensor(sorted(never)),
        suppressed_first=torch.tensor([*tokenizer.encode(" "), tokenizer.eot]),
    )
