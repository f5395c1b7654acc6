"""The tokens of Whisper's vocabulary that have a meaning of their own."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from whisper.model import Whisper
from whisper.tokenizer import Tokenizer, get_tokenizer

from stt_worker.engine import Task


def tokenizer_of(whisper: Whisper, language: str | None = None, task: Task = "transcribe") -> Tokenizer:
    """The tokenizer that fits the model, prompting for `task` and `language`. openai-whisper makes each one once."""
    multilingual = whisper.is_multilingual
    return get_tokenizer(multilingual, num_languages=whisper.num_languages, language=language, task=task)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tokens that the token loop must know."""

    end_of_text: int
    start_of_transcript: int
    no_speech: int
    suppressed: Tensor
    """int64 [n]: tokens that are never written, which are symbols of no speech and all special ones but end of text."""
    suppressed_first: Tensor
    """int64 [n]: tokens that a text cannot begin with, which are blank and end of text."""
    characters: tuple[int, ...]
    """How many characters begin in each token: in many scripts one character has two or three tokens."""
    sentence_ends: frozenset[int]
    """Tokens of a sentence's last mark, such as a full stop."""
    inner_marks: Tensor
    """int64 [n]: tokens of a mark within a sentence, such as a comma."""

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> Vocabulary:
        """The vocabulary of a model; what it suppresses is what `whisper.decoding.DecodingTask` suppresses."""
        specials = ("transcribe", "translate", "sot", "sot_prev", "sot_lm", "no_speech", "no_timestamps")
        never = {*tokenizer.non_speech_tokens, *(getattr(tokenizer, name) for name in specials)}
        never |= set(range(tokenizer.timestamp_begin, tokenizer.encoding.n_vocab))
        return cls(
            end_of_text=tokenizer.eot,
            start_of_transcript=tokenizer.sot,
            no_speech=tokenizer.no_speech,
            suppressed=torch.tensor(sorted(never)),
            suppressed_first=torch.tensor([*tokenizer.encode(" "), tokenizer.eot]),
            characters=tuple(_characters(tokenizer, token) for token in range(tokenizer.encoding.n_vocab)),
            sentence_ends=frozenset(_marks(tokenizer, ".?!。？！")),  # noqa: RUF001 - Chinese and Japanese marks
            inner_marks=torch.tensor(_marks(tokenizer, ",;:-—،，、；：")),  # noqa: RUF001
        )


def _characters(tokenizer: Tokenizer, token: int) -> int:
    """How many bytes of a token's text begin a character; a special token has no text."""
    if token >= tokenizer.eot:
        return 0
    return sum(byte & 0xC0 != 0x80 for byte in tokenizer.encoding.decode_single_token_bytes(token))


def _marks(tokenizer: Tokenizer, first: str) -> list[int]:
    """Tokens without a letter or figure that begin with one of the marks `first`. An ellipsis is none of them."""
    texts = ((token, tokenizer.encoding.decode([token]).strip()) for token in range(tokenizer.eot))
    return [t for t, text in texts if text[:1] and text[0] in first and ".." not in text and not _has_word(text)]


def _has_word(text: str) -> bool:
    return any(character.isalnum() for character in text)
