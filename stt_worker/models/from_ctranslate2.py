"""Rewrites CTranslate2's file of a Whisper model as a checkpoint of openai-whisper.

The file is laid out as CTranslate2's `Model.save` writes it (binary version 6), and its weights are named as in
`WhisperSpec`. CTranslate2 fuses query, key and value into one matrix and stores the output projection as the
embeddings; openai-whisper keeps the three apart and ties projection and embeddings by itself.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch

from wta.errors import ModelError

BINARY_VERSION = 6
DTYPES: dict[int, type[np.generic]] = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
"""Types of numbers by the codes that the file uses for them."""

Tensors = dict[str, torch.Tensor]
"""Weights by their names."""


def convert(model_bin: Path, checkpoint: Path) -> None:
    """Write weights of a CTranslate2 `model.bin` as openai-whisper's checkpoint, in float16. Raises `ModelError`."""
    variables = read_variables(model_bin)
    tensors = openai_tensors(variables)
    dims = model_dimensions(tensors, int(variables["encoder/num_heads"]), int(variables["decoder/num_heads"]))
    torch.save({"dims": dims, "model_state_dict": tensors}, checkpoint)


def tensors_sha256(tensors: Mapping[str, torch.Tensor]) -> str:
    """SHA-256 over names, dtypes, shapes and bytes of all tensors, in hexadecimal, whatever kind of file holds them."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.numpy().data)
    return digest.hexdigest()


def read_variables(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    """All weights of a CTranslate2 file by their names there. Raises `ModelError` for a file of another kind."""
    with path.open("rb") as file:
        try:
            version, spec, _revision = _number(file, "I"), _string(file), _number(file, "I")
            if (version, spec) != (BINARY_VERSION, "WhisperSpec"):
                raise ModelError(f"{path.name} holds {spec!r} in version {version}, not a Whisper model in version 6")
            return dict(_variable(file) for _ in range(_number(file, "I")))
        except (struct.error, UnicodeDecodeError, KeyError, ValueError) as error:
            raise ModelError(f"{path.name} is cut short, or is no CTranslate2 model") from error


def _number(file: BinaryIO, code: str) -> int:
    size = struct.calcsize("<" + code)
    value: int = struct.unpack("<" + code, file.read(size))[0]
    return value


def _string(file: BinaryIO) -> str:
    return file.read(_number(file, "H")).rstrip(b"\0").decode()


def _variable(file: BinaryIO) -> tuple[str, np.ndarray[Any, Any]]:
    name = _string(file)
    shape = [_number(file, "I") for _ in range(_number(file, "B"))]
    dtype = DTYPES[_number(file, "B")]
    data = file.read(_number(file, "I"))
    return name, np.frombuffer(data, dtype).reshape(shape)


def openai_tensors(variables: Mapping[str, np.ndarray[Any, Any]]) -> Tensors:
    """The same weights under openai-whisper's names, with query, key and value apart."""
    tensors: Tensors = {}
    for theirs, ours in _stem_names():
        tensors[ours] = _tensor(variables[theirs])
    for half in ("encoder", "decoder"):
        for index in range(_layers(variables, half)):
            tensors |= _block(variables, f"{half}/layer_{index}", f"{half}.blocks.{index}")
    return tensors


def _stem_names() -> Iterator[tuple[str, str]]:
    for conv in ("conv1", "conv2"):
        for part in ("weight", "bias"):
            yield f"encoder/{conv}/{part}", f"encoder.{conv}.{part}"
    yield "encoder/position_encodings/encodings", "encoder.positional_embedding"
    yield "decoder/position_encodings/encodings", "decoder.positional_embedding"
    yield "decoder/embeddings/weight", "decoder.token_embedding.weight"
    for half, norm in (("encoder", "ln_post"), ("decoder", "ln")):
        yield f"{half}/layer_norm/gamma", f"{half}.{norm}.weight"
        yield f"{half}/layer_norm/beta", f"{half}.{norm}.bias"


def _layers(variables: Mapping[str, Any], half: str) -> int:
    return sum(name.startswith(f"{half}/layer_") and name.endswith("/ffn/linear_0/weight") for name in variables)


def _block(variables: Mapping[str, np.ndarray[Any, Any]], theirs: str, ours: str) -> Tensors:
    tensors = _attention(variables, f"{theirs}/self_attention", f"{ours}.attn", fused=(3, 1))
    if f"{theirs}/attention/linear_0/weight" in variables:
        tensors |= _attention(variables, f"{theirs}/attention", f"{ours}.cross_attn", fused=(1, 2, 1))
    tensors |= _norm(variables, f"{theirs}/ffn/layer_norm", f"{ours}.mlp_ln")
    for number, layer in ((0, 0), (1, 2)):
        for part in ("weight", "bias"):
            tensors[f"{ours}.mlp.{layer}.{part}"] = _tensor(variables[f"{theirs}/ffn/linear_{number}/{part}"])
    return tensors


def _attention(
    variables: Mapping[str, np.ndarray[Any, Any]], theirs: str, ours: str, fused: tuple[int, ...]
) -> Tensors:
    """The weights of one attention; `fused` says how many of query, key, value and out each matrix holds, in order."""
    tensors = _norm(variables, f"{theirs}/layer_norm", f"{ours}_ln")
    names = iter(("query", "key", "value", "out"))
    for number, count in enumerate(fused):
        weights = np.split(variables[f"{theirs}/linear_{number}/weight"], count)
        biases = np.split(variables[f"{theirs}/linear_{number}/bias"], count)
        for weight, bias in zip(weights, biases, strict=True):
            name = next(names)
            tensors[f"{ours}.{name}.weight"] = _tensor(weight)
            if name != "key":  # Whisper's keys have no bias; CTranslate2 fills in zeros
                tensors[f"{ours}.{name}.bias"] = _tensor(bias)
    return tensors


def _norm(variables: Mapping[str, np.ndarray[Any, Any]], theirs: str, ours: str) -> Tensors:
    return {
        f"{ours}.weight": _tensor(variables[f"{theirs}/gamma"]),
        f"{ours}.bias": _tensor(variables[f"{theirs}/beta"]),
    }


def _tensor(array: np.ndarray[Any, Any]) -> torch.Tensor:
    return torch.from_numpy(array.copy())


def model_dimensions(tensors: Tensors, audio_heads: int, text_heads: int) -> dict[str, int]:
    """The fields of `whisper.model.ModelDimensions`, read off the shapes of the weights."""
    n_audio_ctx, n_audio_state = tensors["encoder.positional_embedding"].shape
    n_text_ctx, n_text_state = tensors["decoder.positional_embedding"].shape
    return {
        "n_mels": tensors["encoder.conv1.weight"].shape[1],
        "n_audio_ctx": n_audio_ctx,
        "n_audio_state": n_audio_state,
        "n_audio_head": audio_heads,
        "n_audio_layer": _blocks(tensors, "encoder"),
        "n_vocab": tensors["decoder.token_embedding.weight"].shape[0],
        "n_text_ctx": n_text_ctx,
        "n_text_state": n_text_state,
        "n_text_head": text_heads,
        "n_text_layer": _blocks(tensors, "decoder"),
    }


def _blocks(tensors: Tensors, half: str) -> int:
    return sum(name.startswith(f"{half}.blocks.") and name.endswith(".mlp_ln.weight") for name in tensors)
