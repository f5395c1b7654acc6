"""A lean greedy token loop over the decoder of an openai-whisper model.

The keys and values of the audio are computed once, those of the text are kept in place, and no timestamps are asked
for: a token costs one pass over the weights and little else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from whisper.model import Whisper

from inference.linear import MakeLinear
from stt_worker.network.decoder_step import DecoderStep, KeyValueCache, compile_step
from stt_worker.network.encoder import EncodedAudio
from stt_worker.network.read_text import ReadText, read_text
from stt_worker.network.repetition import ENOUGH_TOKENS, loop_length
from stt_worker.network.vocabulary import Vocabulary


@dataclass(slots=True)
class DecodingResult:
    """The tokens of one utterance, and how sure the model was of them."""

    no_speech_prob: float
    """Probability of the no-speech token at the start of transcript, 0 to 1."""
    tokens: list[int] = field(default_factory=list)
    """Tokens of the text, without prompt and end of text."""
    sum_logprob: float = 0.0
    """Natural log-probability of all tokens written, the end of text included."""
    ended: bool = False
    """Whether the model itself ended the text; otherwise it was cut off."""
    looped: bool = False
    """Whether the text was cut off because it repeated itself without end."""
    inner_mark_prob: float = 1.0
    """Probability, 0 to 1, of a comma or the like in place of the last mark; 1 where that is no sentence's end."""

    @property
    def avg_logprob(self) -> float:
        """Mean over the tokens and the end of text, as `whisper.decoding.DecodingTask` counts it."""
        return self.sum_logprob / (len(self.tokens) + 1)


@dataclass(frozen=True, slots=True)
class LengthLimit:
    """How long a text may be. What goes on then is cut off."""

    tokens: int
    characters: int


@dataclass(frozen=True, slots=True)
class DecoderSession:
    """One utterance under decoding: what its audio looks like to each layer."""

    log_weights: Tensor
    """float32 [1, 1, 1, n_frames]: see `EncodedAudio.log_weights`."""
    caches: list[KeyValueCache]
    """One a layer."""


class Decoder:
    """Greedy decoding of one utterance at a time.

    Args:
        make_linear: makes the matrices, in float32 or in 8 bits.
        compiled: whether TorchScript compiles the step of a token.
    """

    def __init__(self, whisper: Whisper, vocabulary: Vocabulary, make_linear: MakeLinear, *, compiled: bool) -> None:
        self._vocabulary = vocabulary
        self._step = DecoderStep(whisper, make_linear)
        self._run_step = compile_step(self._step) if compiled else self._step
        self._logits = make_linear(whisper.decoder.token_embedding.weight, None)

    def open(self, encoded: EncodedAudio) -> DecoderSession:
        """Compute the keys and values of the audio. They serve every decode of this utterance."""
        return DecoderSession(encoded.log_weights[None, None, None], self._step.new_caches(encoded.features[None]))

    def read(self, encoded: EncodedAudio, tokens: Sequence[int]) -> ReadText:
        """Read a known text, its prompt included, in one pass over the encoded audio."""
        return read_text(self._step, self._logits, encoded, tokens)

    def start_logits(self, session: DecoderSession) -> Tensor:
        """Logits, float32 [n_vocab], after the start of transcript alone. They tell the language."""
        logits: Tensor = self._logits(self._hidden(session, [self._vocabulary.start_of_transcript], 0))
        return logits[0, 0]

    def decode(
        self,
        session: DecoderSession,
        prompt: Sequence[int],
        limit: LengthLimit,
        between_steps: Callable[[], None] = lambda: None,
    ) -> DecodingResult:
        """Write the text that follows the tokens of `prompt`, the likeliest token each time, up to the limit.

        `between_steps` is called after each token. It may decode another session.
        """
        hidden = self._hidden(session, prompt, 0)
        at_start = self._logits(hidden[:, :1])[0, 0].softmax(dim=-1)
        result, characters = DecodingResult(float(at_start[self._vocabulary.no_speech])), 0
        logits = self._logits(hidden[:, -1:])[0, 0].index_fill_(0, self._vocabulary.suppressed_first, -torch.inf)
        position, before = len(prompt), logits
        while True:
            logits.index_fill_(0, self._vocabulary.suppressed, -torch.inf)
            best, token = logits.max(dim=-1)
            characters += self._vocabulary.characters[int(token)]
            is_longest = len(result.tokens) + 1 >= limit.tokens or characters >= limit.characters
            if not self._append(result, int(token), float(best - logits.logsumexp(dim=-1))) or is_longest:
                self._judge_end(result, before)
                return result
            before, logits = logits, self._logits(self._hidden(session, [int(token)], position))[0, 0]
            position += 1
            between_steps()

    def _append(self, result: DecodingResult, token: int, logprob: float) -> bool:
        """Add a token to the text. Returns whether the text may go on."""
        result.sum_logprob += logprob
        if token == self._vocabulary.end_of_text:
            result.ended = True
            return False
        result.tokens.append(token)
        if length := loop_length(result.tokens):
            result.looped = True
            del result.tokens[length - max(3 * length, ENOUGH_TOKENS) :]  # what is repeated stays once
            return False
        return True

    def _judge_end(self, result: DecodingResult, logits: Tensor) -> None:
        """Note how likely the sentence goes on. `logits`, float32 [n_vocab], are those of the text's last token."""
        if result.ended and result.tokens[-1:] and result.tokens[-1] in self._vocabulary.sentence_ends:
            result.inner_mark_prob = float(logits.softmax(dim=-1)[self._vocabulary.inner_marks].sum())

    def _hidden(self, session: DecoderSession, tokens: Sequence[int], position: int) -> Tensor:
        """Last hidden states, float32 [1, n, n_state], of n tokens of which the first stands at `position`."""
        hidden: Tensor = self._run_step(torch.tensor([tokens]), session.caches, session.log_weights, position)
        return hidden
