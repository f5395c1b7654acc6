"""Loads a checkpoint without reading all of it into memory, and a model that has dimensions alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from whisper.model import ModelDimensions, Whisper

from stt_worker.models.checkpoints import ModelFile, set_alignment_heads
from wta.errors import ModelError


def load_mapped(file: ModelFile) -> Whisper:
    """The model with its large matrices as they lie in the file, which is mapped into memory and not read into it.

    They are float16 in published checkpoints and may be given up once others have been made of them, so that a model
    is never in memory twice. Everything else is float32. Raises `ModelError`.
    """
    try:
        checkpoint = _mapped(file.path)
        whisper = _outline(ModelDimensions(**checkpoint["dims"]))
        _fill(whisper, checkpoint["model_state_dict"])
    except Exception as error:  # a checkpoint from elsewhere can fail in any way
        raise ModelError(f"{file.path} is not a checkpoint of openai-whisper: {error}") from error
    set_alignment_heads(whisper, file.name)
    return whisper.eval().requires_grad_(False)


def _mapped(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except RuntimeError:  # files of torch before 1.6 cannot be mapped
        found = torch.load(path, map_location="cpu", weights_only=True)
    return found


def _outline(dims: ModelDimensions) -> Whisper:
    """A model with all its layers and hardly any weights, because `Whisper(dims)` would make random ones first.

    torch's device "meta" has none either, but using it takes 90 MB.
    """
    whisper = Whisper(replace(dims, n_mels=1, n_audio_state=4, n_vocab=1, n_text_state=4))
    whisper.dims = dims
    return whisper


def _fill(whisper: Whisper, tensors: Mapping[str, Tensor]) -> None:
    if tensors.keys() != whisper.state_dict().keys():
        raise ValueError("it lacks weights, or has others")
    for name, tensor in tensors.items():
        folder, _, leaf = name.rpartition(".")
        module = whisper.get_submodule(folder)
        value = tensor if tensor.dim() == 2 and "positional" not in name else tensor.float()
        if isinstance(module, torch.nn.LayerNorm):
            module.normalized_shape = tuple(tensor.shape)
        if leaf in module._parameters:
            module.register_parameter(leaf, torch.nn.Parameter(value, requires_grad=False))
        else:
            module.register_buffer(leaf, value)


def without_weights(dims: ModelDimensions) -> Whisper:
    """A model of these dimensions whose weights, float16 as published, are all the same number, which is kept once."""
    whisper, shapes = _outline(dims), {}
    sizes = {"audio": dims.n_audio_state, "text": dims.n_text_state}
    for name, tensor in whisper.state_dict().items():
        state = sizes["audio" if name.startswith("encoder") else "text"]
        shapes[name] = [state * (n // 4) if n % 4 == 0 and n in {4, 16} else n for n in tensor.shape]
    shapes["encoder.conv1.weight"][1] = dims.n_mels
    shapes["decoder.token_embedding.weight"][0] = dims.n_vocab
    _fill(whisper, {name: torch.full((1,), 0.01, dtype=torch.float16).expand(shape) for name, shape in shapes.items()})
    return whisper.eval().requires_grad_(False)
