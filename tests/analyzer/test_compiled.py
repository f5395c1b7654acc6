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

from analyzer_worker import models
from analyzer_worker.classifier import SentimentClassifier
from analyzer_worker.compiled import Int8Linear, compiled, in_int8
from tests.analyzer.test_classifier import FACTUAL, NEGATIVE, POSITIVE

TEXTS = [*FACTUAL, *POSITIVE, *NEGATIVE, " ".join(POSITIVE), "fine " * 250]


@pytest.fixture
def network() -> Any:
    return AutoModelForSequenceClassification.from_pretrained(models.EMBEDDED).eval()


def test_compiled_says_what_the_network_says_whatever_the_length(network: Any) -> None:
    forward = compiled(network)
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
    forward = compiled(Moody())
    assert forward(torch.zeros(1, 50), torch.zeros(1, 50))[0, 0] == 1
    assert forward(torch.zeros(1, 5), torch.zeros(1, 5))[0, 0] == 0
    assert "uncompiled" in caplog.text


def test_other_architectures_are_served_too(tmp_path: Path) -> None:
    config = BertConfig(
        hidden_size=24, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48, num_labels=2,
        id2label={0: "neg", 1: "pos"}, label2id={"neg": 0, "pos": 1},
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(tmp_path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((models.EMBEDDED / name).read_bytes())
    classifier = SentimentClassifier.from_folder(models.ModelFolder("bert", tmp_path, "path"))
    assert len(classifier.classify(["good", "a longer sentence than the first one"])) == 2


def test_eight_bits_are_close_to_thirty_two() -> None:
    torch.manual_seed(0)
    linear = nn.Linear(384, 1536)
    x = torch.randn(12, 384)
    with torch.inference_mode():
        expected, found = linear(x), Int8Linear(linear)(x)
    assert float((found - expected).std() / expected.std()) < 0.02


def test_the_head_stays_exact(network: Any) -> None:
    head = network.classifier
    assert in_int8(network).classifier is head
    assert isinstance(network.distilbert.transformer.layer[0].ffn.lin1, Int8Linear)


def test_eight_bits_change_hardly_a_label() -> None:
    whole, small = (SentimentClassifier.from_folder(models.embedded(), int8=int8) for int8 in (False, True))
    one, other = whole.probabilities(TEXTS), small.probabilities(TEXTS)
    assert np.abs(one - other).mean() < 0.03
    assert (one.argmax(axis=1) == other.argmax(axis=1)).mean() > 0.9
