"""The multilingual encoder is unpacked weight by weight, keeps the words that it needs, and loads in transformers."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import AutoModel, AutoTokenizer

from training.encoder import to_distilbert
from training.evaluate import Floats
from training.four_bits import read_packed
from training.multilingual import needed, pruned_tokenizer, save
from wta.errors import ModelError

HIDDEN, BETWEEN, LAYERS, POSITIONS = 32, 64, 2, 16
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
PIECES = (*SPECIAL, "▁good", "▁good", "▁", "g", "o", "d", "▁rare", "r", "a", "e", "▁영화", "영", "화", "▁never")
WORD = "embeddings.word_embeddings.weight"
_MATRICES = {
    "q": (HIDDEN, HIDDEN), "k": (HIDDEN, HIDDEN), "v": (HIDDEN, HIDDEN), "ao": (HIDDEN, HIDDEN),
    "fi": (BETWEEN, HIDDEN), "fo": (HIDDEN, BETWEEN),
}  # fmt: skip


def packed(matrix: Floats) -> bytes:
    """Blocks of 32 weights that are multiples of 1/4 from -2 to 1.75, as the file has them."""
    numbers = (matrix.reshape(-1, 32) * 4 + 8).astype(np.uint8)
    scale = np.float16(0.25).tobytes()
    return b"".join(scale + (row[:16] | row[16:] << 4).astype(np.uint8).tobytes() for row in numbers)


def tensors() -> dict[str, Floats]:
    """Weights of a small network under the file's names; matrices are multiples of 1/4."""
    draw = np.random.default_rng(0)
    found = {"emb.word": draw.integers(-8, 8, (len(PIECES), HIDDEN)) / 4}
    found |= {"emb.pos": draw.normal(size=(POSITIONS, HIDDEN)), "emb.type": draw.normal(size=(2, HIDDEN))}
    vectors = {"emb.ln": HIDDEN}
    for layer in range(LAYERS):
        for part, shape in _MATRICES.items():
            found[f"l{layer}.{part}.w"] = draw.integers(-8, 8, shape) / 4
            found[f"l{layer}.{part}.b"] = draw.normal(size=shape[0])
        vectors |= {f"l{layer}.aln": HIDDEN, f"l{layer}.oln": HIDDEN}
    for name, size in vectors.items():
        found |= {f"{name}.w": draw.normal(size=size), f"{name}.b": draw.normal(size=size)}
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A packed file with a small network, two pieces and one entry in the table of characters."""
    head = struct.pack("<4sI7ifi", b"E5S1", 1, HIDDEN, LAYERS, 2, BETWEEN, len(PIECES), POSITIONS, 2, 1e-12, 32)
    head += struct.pack("<5iQ", 2, 0, 2, 1, 3, 3) + struct.pack("<3I2f", 0, 1, 3, 0, 0) + b"abc"
    head += struct.pack("<iI", 1, 9) + struct.pack("<IBI", 65, 1, 97)
    bodies = {
        name: packed(value)
        if value.ndim == 2 and name not in ("emb.pos", "emb.type")
        else value.astype("<f4").tobytes()
        for name, value in tensors().items()
    }
    offset = len(head) + 4 + sum(2 + len(name) + 21 for name in bodies)
    directory = struct.pack("<i", len(bodies))
    for name, body in bodies.items():
        directory += struct.pack(f"<H{len(name)}sBIQQ", len(name), name.encode(), 0, tensors()[name].size, offset, 0)
        offset += len(body)
    path = tmp_path / "packed.bin"
    path.write_bytes(head + directory + b"".join(bodies.values()))
    return path


@pytest.fixture
def tokenizer() -> Tokenizer:
    """A unigram tokenizer like e5's, in which single characters are dear and <mask> comes last."""
    pieces = [(piece, 0.0 if piece in SPECIAL else -1.0 if len(piece) > 2 else -5.0) for piece in dict.fromkeys(PIECES)]
    made = Tokenizer(models.Unigram([*pieces, ("<mask>", 0.0)], unk_id=3))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    made.add_special_tokens([*SPECIAL, "<mask>"])
    return made


def test_weights_are_those_that_were_packed(file: Path) -> None:
    sizes, state = read_packed(file)
    assert (sizes.hidden, sizes.layers, sizes.between, sizes.positions) == (HIDDEN, LAYERS, BETWEEN, POSITIONS)
    own = tensors()
    expected = {
        WORD: own["emb.word"],
        "embeddings.LayerNorm.weight": own["emb.ln.w"],
        "encoder.layer.1.attention.self.value.weight": own["l1.v.w"],
        "encoder.layer.0.output.dense.weight": own["l0.fo.w"],
        "encoder.layer.1.output.LayerNorm.bias": own["l1.oln.b"],
    }
    assert len(state) == len(own)
    for name, value in expected.items():
        assert state[name].numpy() == pytest.approx(value, abs=1e-6), name


@pytest.mark.parametrize(("start", "end"), [(1, None), (0, -3000), (0, 0), (0, 50)])
def test_another_file_or_half_of_one_is_refused_by_name(file: Path, start: int, end: int | None) -> None:
    file.write_bytes(file.read_bytes()[start:end])
    with pytest.raises(ModelError, match=r"packed\.bin is no packed e5 model"):
        read_packed(file)


def test_a_smaller_vocabulary_says_the_same_of_what_it_kept(tokenizer: Tokenizer) -> None:
    kept = needed(tokenizer, ["good 영화", "good rare", "good 영화"], min_count=2)
    small = Tokenizer.from_str(json.dumps(pruned_tokenizer(json.loads(tokenizer.to_str()), kept)))
    assert small.encode("good 영화").tokens == tokenizer.encode("good 영화").tokens == ["<s>", "▁good", "▁영화", "</s>"]
    assert small.encode("rare").tokens == ["<s>", "▁", "r", "a", "r", "e", "</s>"]
    assert small.token_to_id("▁never") is None
    assert [small.token_to_id(token) for token in SPECIAL] == [0, 1, 2, 3]
    assert small.token_to_id("<mask>") == small.get_vocab_size() - 1


def test_the_folder_loads_in_transformers_and_becomes_a_classifier(
    file: Path, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    # Given a network with words of which some are kept
    sizes, state = read_packed(file)
    kept = needed(tokenizer, ["good 영화"], min_count=1)
    words = {WORD: state[WORD][kept].clone()}
    # When it is written, and loaded plainly
    save(tmp_path / "small", sizes, state | words, pruned_tokenizer(json.loads(tokenizer.to_str()), kept))
    model, loaded = AutoModel.from_pretrained(tmp_path / "small"), AutoTokenizer.from_pretrained(tmp_path / "small")
    # Expect the vectors of the words that were kept, and the same function as a DistilBERT
    ids = loaded("good 영화", return_tensors="pt")["input_ids"]
    assert torch.equal(model.get_input_embeddings().weight[ids[0, 1]], state[WORD][tokenizer.token_to_id("▁good")])
    expected = model.eval()(ids).last_hidden_state
    converted = to_distilbert(tmp_path / "small").distilbert.eval()(ids).last_hidden_state
    assert torch.allclose(converted, expected, atol=1e-5)
