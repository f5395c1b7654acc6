"""The sizes of Whisper, what they are called, and how much memory the default engine takes with each.

Source of the dimensions: the checkpoints that OpenAI published (openai-whisper's model card).
"""

from __future__ import annotations

from dataclasses import dataclass

from whisper.model import ModelDimensions


@dataclass(frozen=True, slots=True)
class Size:
    """One size of Whisper. `dims` are those of the multilingual model; the English one differs in a word or so."""

    name: str
    """Of the multilingual model."""
    dims: ModelDimensions
    english: str | None
    """Name of the model that knows English alone; None where there is none."""

    def memory_bytes(self, *, int8: bool) -> int:
        """Most memory that a worker takes, loading included: PyTorch and what it computes in, and the weights.

        The weights are counted, and what comes on top of them was measured (docs/models.md).
        """
        state, vocabulary = self.dims.n_text_state, self.dims.n_vocab
        layers = 12 * self.dims.n_audio_layer * self.dims.n_audio_state**2 + 16 * self.dims.n_text_layer * state**2
        words = vocabulary * state
        per_weight = 1 if int8 else 4
        needed: int = _REST_BYTES + per_weight * (layers + words) + _LOADING_BYTES * words
        return needed


_REST_BYTES = 560_000_000
"""What a worker takes beside the weights: 435 MB with tiny.en and 465 MB with base, and room for long utterances."""
_LOADING_BYTES = 12
"""For each number of the largest matrix, the embeddings: float16 to look words up, twice float32 while it is made
smaller. With large-v3 that leaves 100 MB above what was measured."""


def _size(name: str, state: int, heads: int, audio_layers: int, text_layers: int, mels: int = 80) -> Size:
    dims = ModelDimensions(
        n_mels=mels, n_audio_ctx=1500, n_audio_state=state, n_audio_head=heads, n_audio_layer=audio_layers,
        n_vocab=51_866 if mels == 128 else 51_865, n_text_ctx=448, n_text_state=state, n_text_head=heads,
        n_text_layer=text_layers,
    )  # fmt: skip
    return Size(name, dims, None if mels == 128 else f"{name}.en")


SIZES = (
    _size("tiny", 384, 6, 4, 4),
    _size("base", 512, 8, 6, 6),
    _size("small", 768, 12, 12, 12),
    _size("medium", 1024, 16, 24, 24),
    _size("turbo", 1280, 20, 32, 4, mels=128),
    _size("large-v3", 1280, 20, 32, 32, mels=128),
)
"""From the least able to the ablest. Which one is faster is another order: turbo has a tenth of large-v3's decoder."""
