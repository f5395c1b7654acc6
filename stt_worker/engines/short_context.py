"""The default engine: openai-whisper's weights under an encoder and a token loop of our own.

The silence that fills up Whisper's window of 30 s is computed in outline (network/encoder.py). Where the text that
comes of it is doubtful, the utterance is decoded again over the full window, once. Where it is only unsure, as that of
hesitant and accented speech often is, less of the silence is in outline the second time, and the surer text is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from whisper.tokenizer import Tokenizer

from inference.linear import FloatLinear, Int8Linear, MakeLinear
from inference.processor import int8_is_possible
from stt_worker.engine import (
    DEFAULT_OPTIONS,
    SAMPLE_RATE_HZ,
    Audio,
    SpeechEngine,
    Task,
    TimedWord,
    Transcript,
    TranscriptionOptions,
)
from stt_worker.engines.abilities import checked_language, detectable, languages_of, tasks_of
from stt_worker.engines.guarded import guarded_transcript
from stt_worker.engines.pieces import in_pieces
from stt_worker.guards.early_end import may_end_early, unheard_rest
from stt_worker.guards.inventions import repeats_invention
from stt_worker.guards.silence_guard import Evidence, SilenceGuard, compression_ratio
from stt_worker.language_belief import LanguageBelief
from stt_worker.models import checkpoints
from stt_worker.models.mapped import load_mapped
from stt_worker.network.cpu_threads import computing_with
from stt_worker.network.decoder import Decoder, DecoderSession, DecodingResult, LengthLimit
from stt_worker.network.encoder import FRAME_SAMPLES, EncodedAudio, Encoder
from stt_worker.network.vocabulary import Vocabulary, tokenizer_of
from stt_worker.network.word_times import word_times
from stt_worker.settings import SttSettings

LONGEST_S = 28.0
"""Longer audio would not fit into Whisper's window with its margin, and is cut into pieces."""

_SHORTEST_CAP = 40
"""Characters that a text may have however short its audio is."""


class _Outline(NamedTuple):
    """How much of the silence after the speech is computed; see `Encoder.__call__`."""

    margin_frames: int
    stride_frames: int


@dataclass(frozen=True, slots=True)
class _Pass:
    """What one decode of an utterance found."""

    decoded: DecodingResult
    language: str
    evidence: Evidence
    belief: LanguageBelief | None = None
    """None where the language was not detected."""


class ShortContextEngine(SpeechEngine):
    """Greedy decoding of utterances, in 8 bits where the processor can.

    The checkpoint is not kept: in memory are its matrices in 8 bits, and of the rest what is computed with.

    Raises `ModelError` where the model of the settings cannot be had.
    """

    name = "whisper"

    def __init__(self, settings: SttSettings) -> None:
        file = checkpoints.resolve(settings)
        self.model = file.name
        self._settings = settings
        self._whisper = load_mapped(file)
        self.languages, self.tasks = languages_of(self._whisper), tasks_of(file.name, self._whisper.is_multilingual)
        self._guard = SilenceGuard(settings.guard)
        self._outline = _Outline(settings.margin_frames, settings.stride_frames)
        self._wider = _Outline(settings.unsure_margin_frames, settings.stride_frames)
        self._whole = _Outline(settings.margin_frames, stride_frames=1)
        make_linear: MakeLinear = Int8Linear if settings.int8 and int8_is_possible() else FloatLinear
        self._encoder = Encoder(self._whisper, make_linear)
        vocabulary = Vocabulary.of(tokenizer_of(self._whisper))
        self._decoder = Decoder(self._whisper, vocabulary, make_linear, compiled=settings.compiled)
        del self._whisper.encoder, self._whisper.decoder  # encoder and decoder of our own hold what they need

    def transcribe(self, audio: Audio, options: TranscriptionOptions = DEFAULT_OPTIONS) -> Transcript:
        """See `SpeechEngine.transcribe`. Word times cost another pass of the decoder (network/word_times.py)."""
        if len(audio) > LONGEST_S * SAMPLE_RATE_HZ:
            return in_pieces(audio, LONGEST_S, lambda piece: self.transcribe(piece, options))
        transcript = self._transcript(audio, options)
        if not options.word_timestamps:
            return transcript
        return replace(transcript, words=self._words(audio, transcript, options.task))

    @torch.inference_mode()
    def _transcript(self, audio: Audio, options: TranscriptionOptions) -> Transcript:
        found = self._decode(audio, options, self._outline)
        if retried := not options.draft and self._is_doubtful(found):
            found = self._decode(audio, options, self._whole)
        elif retried := not options.draft and self._is_unsure(found):
            found = _surer(found, self._decode(audio, options, self._wider))
        transcript = guarded_transcript(self, self._guard, found.evidence, found.language, belief=found.belief)
        finished = found.decoded.inner_mark_prob < self._settings.finished_inner_mark_prob
        transcript = replace(transcript, passes=2 if retried else 1, retried=retried, finished=finished)
        return transcript if options.draft else self._to_the_end(audio, transcript, found, options.task)

    def _to_the_end(self, audio: Audio, transcript: Transcript, found: _Pass, task: Task) -> Transcript:
        """The transcript, together with that of the rest of the audio where the text ends long before the speech."""
        tokens, least_per_s = len(found.decoded.tokens), self._settings.least_tokens_per_s
        if not transcript.text or not may_end_early(audio, tokens, least_per_s):
            return transcript
        rest = unheard_rest(audio, self._words(audio, transcript, task))
        if rest is None:
            return transcript
        more = self.transcribe(rest, TranscriptionOptions(language=transcript.language, task=task))
        if repeats_invention(transcript.text, more.text):
            return replace(transcript, passes=transcript.passes + 1 + more.passes)
        return replace(
            transcript,
            text=f"{transcript.text} {more.text}".strip(),
            avg_logprob=min(transcript.avg_logprob, more.avg_logprob) if more.text else transcript.avg_logprob,
            passes=transcript.passes + 1 + more.passes,
            finished=more.finished,
        )

    def _decode(self, audio: Audio, options: TranscriptionOptions, outline: _Outline) -> _Pass:
        language = checked_language(self._whisper, options.language or self._settings.language)
        with computing_with(self._settings.threads):
            session = self._decoder.open(self._encode(audio, outline))
            if language is not None:
                return self._write(audio, session, language, options.task)
            evidence = self._heard_languages(session, options)
            belief = options.belief.after(evidence, len(audio) / SAMPLE_RATE_HZ)
            tried = (belief.language,) if options.draft else belief.candidates(evidence)
            written = {code: self._write(audio, session, code, options.task) for code in tried}
        belief = belief.after_texts({code: found.decoded.avg_logprob for code, found in written.items()})
        return replace(max(written.values(), key=lambda found: belief.shares[found.language]), belief=belief)

    def _write(self, audio: Audio, session: DecoderSession, language: str, task: Task) -> _Pass:
        tokenizer = tokenizer_of(self._whisper, language, task)
        prompt = tokenizer.sot_sequence_including_notimestamps
        decoded = self._decoder.decode(session, prompt, self._most(audio), self.between_steps)
        return _Pass(decoded, language, _evidence(audio, decoded, tokenizer))

    def _encode(self, audio: Audio, outline: _Outline) -> EncodedAudio:
        return self._encoder(audio, *outline, self.between_steps)

    def _heard_languages(self, session: DecoderSession, options: TranscriptionOptions) -> dict[str, float]:
        """Whisper's probability of each language that may be spoken; they add up to 1."""
        tokenizer, logits = tokenizer_of(self._whisper), self._decoder.start_logits(session)
        codes = detectable(self.languages, options.languages or self._settings.languages)
        tokens = dict(zip(tokenizer.all_language_codes, tokenizer.all_language_tokens, strict=True))
        shares = logits[[tokens[code] for code in codes]].softmax(dim=-1).tolist()
        return dict(zip(codes, shares, strict=True))

    @torch.inference_mode()
    def _words(self, audio: Audio, transcript: Transcript, task: Task) -> tuple[TimedWord, ...]:
        tokenizer = tokenizer_of(self._whisper, transcript.language, task)
        tokens = tokenizer.encode(f" {transcript.text}") if transcript.text else []
        with computing_with(self._settings.threads):
            encoded = self._encode(audio, self._outline)
            frames = len(audio) // FRAME_SAMPLES
            return word_times(self._whisper, self._decoder, tokenizer, encoded, tokens, frames)

    def _most(self, audio: Audio) -> LengthLimit:
        """How long a text of this audio may be; in tokens, as long as openai-whisper's (`DecodingTask.sample_len`)."""
        per_s = self._settings.max_characters_per_s
        characters = _SHORTEST_CAP + int(len(audio) / SAMPLE_RATE_HZ * per_s)
        return LengthLimit(tokens=int(self._whisper.dims.n_text_ctx) // 2, characters=characters)

    def _is_doubtful(self, found: _Pass) -> bool:
        """Whether the text must be checked over the full window."""
        return self._may_retry and (
            not found.decoded.ended
            or found.decoded.avg_logprob < self._settings.retry_logprob
            or self._guard.objection(found.evidence) is not None
            or compression_ratio(found.evidence.text) > self._settings.guard.compression_ratio
        )

    def _is_unsure(self, found: _Pass) -> bool:
        """Whether a decode with a wider margin may find a better text."""
        return self._may_retry and found.decoded.avg_logprob < self._settings.unsure_logprob

    @property
    def _may_retry(self) -> bool:
        return self._settings.retry and self._settings.stride_frames > 1


def _surer(first: _Pass, second: _Pass) -> _Pass:
    """The pass that ended by itself, or the surer one where both did."""
    return max(first, second, key=lambda one: (one.decoded.ended, one.decoded.avg_logprob))


def _evidence(audio: Audio, decoded: DecodingResult, tokenizer: Tokenizer) -> Evidence:
    return Evidence(
        text=tokenizer.decode(decoded.tokens).strip(),
        avg_logprob=decoded.avg_logprob,
        no_speech_prob=decoded.no_speech_prob,
        seconds=len(audio) / SAMPLE_RATE_HZ,
        looped=decoded.looped,
    )
