"""A lean greedy loop over the decoder of an openai-whisper model.

The keys and values of the audio are computed once, those of the text are kept in place, and no
timestamps are asked for: a token costs one pass over the weights and little else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence
from whisper.model import ResidualAttentionBlock, Whisper

from stt_worker.encoder import Encoded, fused_qkv
from stt_worker.linear import Linear, MakeLinear
from stt_worker.repetition import ENOUGH_TOKENS, circle_length


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
    """Greedy decoding of several utterances at once."""

    def __init__(self, whisper: Whisper, vocabulary: Vocabulary, make_linear: MakeLinear) -> None:
        self._decoder = whisper.decoder
        self._vocabulary = vocabulary
        heads = whisper.dims.n_text_head
        self._blocks = [_Block(block, heads, make_linear) for block in whisper.decoder.blocks]
        self._logits: Linear = make_linear(whisper.decoder.token_embedding.weight, None)

    def open(self, encoded: Sequence[Encoded]) -> Session:
        """Compute the audio's keys and values, once for all decodes of these utterances."""
        features = pad_sequence([one.features for one in encoded], batch_first=True)
        log_weights = pad_sequence([one.log_weights for one in encoded], batch_first=True, padding_value=-torch.inf)
        return Session(len(encoded), log_weights[:, None, None], [block.attend(features) for block in self._blocks])

    def first_logits(self, session: Session) -> Tensor:
        """Logits [batch, n_vocab] after the start of transcript alone: they tell the language."""
        start = torch.full((session.batch, 1), self._vocabulary.start_of_transcript)
        return self._logits(self._hidden(session, start, 0))[:, 0]

    def decode(self, session: Session, prompts: Tensor, limits: Sequence[int]) -> list[Decoded]:
        """Write each utterance's text: `prompts` [batch, n], `limits` the most tokens of each."""
        hidden = self._hidden(session, prompts, 0)
        at_start = self._logits(hidden[:, :1])[:, 0].softmax(dim=-1)
        found = [Decoded(float(p)) for p in at_start[:, self._vocabulary.no_speech]]
        logits = self._logits(hidden[:, -1:])[:, 0].index_fill_(1, self._vocabulary.suppressed_first, -torch.inf)
        position = prompts.shape[1]
        while True:
            logits.index_fill_(1, self._vocabulary.suppressed, -torch.inf)
            best, tokens = logits.max(dim=-1)
            logprobs = (best - logits.logsumexp(dim=-1)).tolist()
            open_still = [self._take(*step) for step in zip(found, tokens.tolist(), logprobs, limits, strict=True)]
            if not any(open_still):
                return found
            logits = self._logits(self._hidden(session, tokens[:, None], position))[:, 0]
            position += 1

    def _take(self, decoded: Decoded, token: int, logprob: float, limit: int) -> bool:
        """Add a token to an utterance; False when its text is over."""
        if decoded.ended or decoded.looped or len(decoded.tokens) >= limit:
            return False
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

    def _hidden(self, session: Session, tokens: Tensor, position: int) -> Tensor:
        """Last hidden states [batch, n, n_state] of tokens that stand at `position` and after."""
        places = self._decoder.positional_embedding[position : position + tokens.shape[1]]
        x = self._decoder.token_embedding(tokens) + places
        for block, memory in zip(self._blocks, session.memories, strict=True):
            x = block(x, memory, session.log_weights, position)
        hidden: Tensor = self._decoder.ln(x)
        return hidden


@dataclass(frozen=True, slots=True)
class Memory:
    """Keys and values of one layer: of the audio (fixed) and of the text so far (written in place)."""

    audio_keys: Tensor
    """[batch, n_head, n_head_state, n_frames]"""
    audio_values: Tensor
    """[batch, n_head, n_frames, n_head_state]"""
    text_keys: Tensor
    """[batch, n_head, n_text_ctx, n_head_state]"""
    text_values: Tensor


@dataclass(frozen=True, slots=True)
class Session:
    """One batch of utterances under decoding."""

    batch: int
    log_weights: Tensor
    """[batch, 1, 1, n_frames], -inf where an utterance is shorter than the longest"""
    memories: list[Memory]


class _Block:
    """One layer: attention to the text, attention to the audio, and the feed-forward."""

    TEXT_CTX = 256  # half of Whisper's 448 is the most it writes, and our prompts are short

    def __init__(self, block: ResidualAttentionBlock, heads: int, make_linear: MakeLinear) -> None:
        cross = block.cross_attn
        self._heads = heads
        self._norms = (block.attn_ln, block.cross_attn_ln, block.mlp_ln)
        self._qkv = make_linear(*fused_qkv(block.attn))
        self._out = make_linear(block.attn.out.weight, block.attn.out.bias)
        weight, bias = fused_qkv(cross)
        state = cross.query.weight.shape[0]
        self._cross_query = make_linear(weight[:state].contiguous(), bias[:state].contiguous())
        self._cross_key_value = make_linear(weight[state:].contiguous(), bias[state:].contiguous())
        self._cross_out = make_linear(cross.out.weight, cross.out.bias)
        self._mlp_in = make_linear(block.mlp[0].weight, block.mlp[0].bias)
        self._mlp_out = make_linear(block.mlp[2].weight, block.mlp[2].bias)

    def attend(self, features: Tensor) -> Memory:
        """Keys and values of the audio features [batch, n_frames, n_state], and room for the text's."""
        batch, _, state = features.shape
        key, value = self._split(self._cross_key_value(features), 2)
        room = (batch, self._heads, self.TEXT_CTX, state // self._heads)
        return Memory(key.transpose(2, 3).contiguous(), value.contiguous(), torch.empty(room), torch.empty(room))

    def __call__(self, x: Tensor, memory: Memory, log_weights: Tensor, position: int) -> Tensor:
        end = position + x.shape[1]
        query, key, value = self._split(self._qkv(self._norms[0](x)), 3)
        memory.text_keys[:, :, position:end] = key
        memory.text_values[:, :, position:end] = value
        scores = query @ memory.text_keys[:, :, :end].transpose(2, 3)
        if x.shape[1] > 1:
            scores = scores + torch.full((x.shape[1], end), -torch.inf).triu_(position + 1)
        x = x + self._out(_joined(scores.softmax(dim=-1) @ memory.text_values[:, :, :end]))
        (query,) = self._split(self._cross_query(self._norms[1](x)), 1)
        scores = query @ memory.audio_keys + log_weights
        x = x + self._cross_out(_joined(scores.softmax(dim=-1) @ memory.audio_values))
        return x + self._mlp_out(functional.gelu(self._mlp_in(self._norms[2](x))))

    def _split(self, x: Tensor, parts: int) -> tuple[Tensor, ...]:
        """[batch, n, parts * n_state] to `parts` times [batch, n_head, n, n_head_state]."""
        batch, length, width = x.shape
        shape = (batch, length, parts, self._heads, width // parts // self._heads)
        return x.view(shape).permute(2, 0, 3, 1, 4).unbind()


def _joined(heads: Tensor) -> Tensor:
    batch, _, length, _ = heads.shape
    return heads.transpose(1, 2).reshape(batch, length, -1)
