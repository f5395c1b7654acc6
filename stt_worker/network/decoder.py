"""A lean greedy loop over the decoder of an openai-whisper model.

The keys and values of the audio are computed once, those of the text are kept in place, and no
timestamps are asked for: a token costs one pass over the weights and little else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from whisper.model import Whisper

from inference.linear import MakeLinear
from stt_worker.network.decoder_step import DecoderStep, Memory, compile_step
from stt_worker.network.encoder import Encoded
from stt_worker.network.repetition import ENOUGH_TOKENS, circle_length


@dataclass(slots=True)
class Decoded:
    """The tokens of one utterance and how sure the model was of them."""

    no_speech_prob: float
    tokens: list[int] = field(default_factory=list)
    sum_logprob: float = 0.0
    ended: bool = False
    """The model itself ended the text."""
    looped: bool = False
    """The text was cut off because it went round in a circle."""

    @property
    def avg_logprob(self) -> float:
        """Mean over the tokens and the end of text, as openai-whisper counts it."""
        return self.sum_logprob / (len(self.tokens) + 1)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tokens that the loop itself must know."""

    end_of_text: int
    start_of_transcript: int
    no_speech: int
    suppressed: Tensor
    """Never written: symbols of no speech, and all special tokens but the end."""
    suppressed_first: Tensor
    """Not written first: blank and end of text."""


class Decoder:
    """Greedy decoding of one utterance at a time."""

    def __init__(self, whisper: Whisper, vocabulary: Vocabulary, make_linear: MakeLinear, *, compiled: bool) -> None:
        self._vocabulary = vocabulary
        self._step = DecoderStep(whisper, make_linear)
        self._run_step = compile_step(self._step) if compiled else self._step
        self._logits = make_linear(whisper.decoder.token_embedding.weight, None)

    def open(self, encoded: Encoded) -> Session:
        """Compute the audio's keys and values, once for all decodes of the utterance."""
        return Session(encoded.log_weights[None, None, None], self._step.attend(encoded.features[None]))

    def first_logits(self, session: Session) -> Tensor:
        """Logits [n_vocab] after the start of transcript alone: they tell the language."""
        logits: Tensor = self._logits(self._hidden(session, [self._vocabulary.start_of_transcript], 0))
        return logits[0, 0]

    def decode(self, session: Session, prompt: Sequence[int], limit: int) -> Decoded:
        """Write the utterance's text after the tokens of `prompt`; at most `limit` tokens."""
        hidden = self._hidden(session, prompt, 0)
        at_start = self._logits(hidden[:, :1])[0, 0].softmax(dim=-1)
        decoded = Decoded(float(at_start[self._vocabulary.no_speech]))
        logits = self._logits(hidden[:, -1:])[0, 0].index_fill_(0, self._vocabulary.suppressed_first, -torch.inf)
        position = len(prompt)
        while True:
            logits.index_fill_(0, self._vocabulary.suppressed, -torch.inf)
            best, token = logits.max(dim=-1)
            if not self._append(decoded, int(token), float(best - logits.logsumexp(dim=-1)), limit):
                return decoded
            logits = self._logits(self._hidden(session, [int(token)], position))[0, 0]
            position += 1

    def _append(self, decoded: Decoded, token: int, logprob: float, limit: int) -> bool:
        """Add a token to the text; False when the text is over."""
        decoded.sum_logprob += logprob
        if token == self._vocabulary.end_of_text:
            decoded.ended = True
            return False
        decoded.tokens.append(token)
        if length := circle_length(decoded.tokens):
            decoded.looped = True
            del decoded.tokens[length - max(3 * length, ENOUGH_TOKENS) :]  # once round is said
            return False
        return len(decoded.tokens) < limit

    def _hidden(self, session: Session, tokens: Sequence[int], position: int) -> Tensor:
        """Last hidden states [1, n, n_state] of tokens that stand at `position` and after."""
        hidden: Tensor = self._run_step(torch.tensor([tokens]), session.memory, session.log_weights, position)
        return hidden


@dataclass(frozen=True, slots=True)
class Session:
    """One utterance under decoding."""

    log_weights: Tensor
    """[1, 1, 1, n_frames]"""
    memory: list[Memory]
    """Of each layer."""
