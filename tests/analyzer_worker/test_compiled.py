"""What makes the network fast on one core must not change what it says."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from transformers import AutoModelForSequenceClassification, BertConfig, BertForSequenceClassification

from analyzer_worker.classifier import SentimentClassifier
from analyzer_worker.int8_distilbert import Int8DistilBert, fused_int8
from analyzer_worker.model_folder import ModelFolder
from analyzer_worker.models import checkpoints
from analyzer_worker.torchscript import compile_network
from inference.processor import int8_is_possible
from tests.analyzer_worker.sentences import FACTUAL, NEGATIVE, POSITIVE
from tests.support import require

TEXTS = [*FACTUAL, *POSITIVE, *NEGATIVE, " ".join(POSITIVE), "fine " * 250]


@pytest.fixture
def network() -> Any:
    return AutoModelForSequenceClassification.from_pretrained(checkpoints.EMBEDDED).eval()


def test_compiled_says_what_the_network_says_whatever_the_length(network: Any) -> None:
    forward = compile_network(network)
    assert isinstance(forward, torch.jit.ScriptModule)
    for rows, tokens in ((1, 3), (7, 40), (32, 20), (2, 256)):
        ids, mask = torch.randint(1000, 20000, (rows, tokens)), torch.ones(rows, tokens, dtype=torch.long)
        mask[-1, tokens // 2 + 1 :] = 0
        with torch.inference_mode():
            expected = network(input_ids=ids, attention_mask=mask).logits
            assert torch.allclose(forward(ids, mask), expected, atol=1e-3)


def test_a_network_that_cannot_be_compiled_runs_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    class Moody(nn.Module):
        """Its answer depends on the number of tokens in a way that a trace does not see."""

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Any:
            value = 1.0 if attention_mask.shape[1] > 20 else 0.0
            return type("Output", (), {"logits": torch.full((len(input_ids), 2), value)})()

    caplog.set_level(logging.INFO)
    forward = compile_network(Moody())
    assert forward(torch.zeros(1, 50), torch.zeros(1, 50))[0, 0] == 1
    assert forward(torch.zeros(1, 5), torch.zeros(1, 5))[0, 0] == 0
    assert "uncompiled" in caplog.text


def test_architectures_other_than_the_embedded_one_are_served(tmp_path: Path) -> None:
    config = BertConfig(
        hidden_size=24, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48, num_labels=2,
        id2label={0: "neg", 1: "pos"}, label2id={"neg": 0, "pos": 1},
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(tmp_path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((checkpoints.EMBEDDED / name).read_bytes())
    classifier = SentimentClassifier.from_folder(ModelFolder("bert", tmp_path, "path"))
    assert len(classifier.classify(["good", "a longer sentence than the first one"])) == 2


@pytest.fixture
def eight_bits() -> None:
    if not int8_is_possible():
        require.missing("8-bit matrices of torch", "they are for x86 processors")


@pytest.mark.usefixtures("eight_bits")
def test_matrices_in_8_bits_are_close_to_the_whole() -> None:
    torch.manual_seed(0)
    linears = [nn.Linear(384, 1536), nn.Linear(384, 384)]
    x = torch.randn(12, 384)
    with torch.inference_mode():
        expected = torch.cat([linear(x) for linear in linears], dim=1)
        found = fused_int8(*linears)(x)
    assert float((found - expected).std() / expected.std()) < 0.03


@pytest.mark.usefixtures("eight_bits")
def test_8_bits_are_nearly_the_network_whatever_the_length(network: Any) -> None:
    in_8_bits = Int8DistilBert(network)
    forward = compile_network(in_8_bits)
    assert isinstance(forward, torch.jit.ScriptModule)
    for tokens in (2, 3, 40, 256):
        ids, mask = torch.randint(1000, 20000, (1, tokens)), torch.ones(1, tokens, dtype=torch.long)
        with torch.inference_mode():
            expected = network(input_ids=ids, attention_mask=mask).logits
            assert torch.allclose(in_8_bits(ids, mask), expected, atol=0.3)
            assert torch.allclose(forward(ids, mask), in_8_bits(ids, mask), atol=1e-3)


@pytest.mark.usefixtures("eight_bits")
def test_head_and_words_stay_exact(network: Any) -> None:
    in_8_bits = Int8DistilBert(network)
    assert in_8_bits.classifier is network.classifier
    assert in_8_bits.embeddings is network.distilbert.embeddings


def test_eight_bits_change_hardly_a_label() -> None:
    whole, small = (SentimentClassifier.from_folder(checkpoints.embedded(), int8=int8) for int8 in (False, True))
    one, other = whole.probabilities(TEXTS), small.probabilities(TEXTS)
    assert np.abs(one - other).mean() < 0.03
    assert (one.argmax(axis=1) == other.argmax(axis=1)).mean() > 0.9
