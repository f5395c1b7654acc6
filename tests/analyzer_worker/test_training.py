"""What the checkpoint is made with: the treebank, its spoken look, the batches, the conversion, and going on."""

from __future__ import annotations

import gzip
import json
import random
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from transformers import AutoTokenizer, BertConfig, BertModel

from analyzer_worker.calibration import Calibration, fit
from analyzer_worker.models.checkpoints import EMBEDDED
from training import factual
from training.batches import Pass, batches, soft_target
from training.encoder import encoder, to_distilbert
from training.evaluate import ece, softmax
from training.soup import mean
from training.spoken import Mishearing, as_spoken
from training.sst import Corpus, Phrase, load_corpus, natural, overlap, read_trees, with_heard
from training.trainer import Recipe, Trainer

TREE = "(1 (2 -LRB-) (1 (2 It) (1 (2 does) (1 (2 n't) (3 work)))) (2 -RRB-))\n"


@pytest.fixture
def treebank(tmp_path: Path) -> Path:
    """Files like the treebank's; one sentence of dev is a phrase of train."""
    with gzip.open(tmp_path / "train.txt.gz", "wt") as train:
        for number in range(700):
            train.write(f"(3 (2 Film) (4 (2 {number}) (4 (2 is) (4 great))))\n")
    with gzip.open(tmp_path / "dev.txt.gz", "wt") as dev:
        dev.write("(4 (2 650) (4 (2 is) (4 great)))\n" + TREE)
    return tmp_path


@pytest.fixture
def small_bert(tmp_path: Path) -> Path:
    """A checkpoint folder like the encoder's, with two layers and random weights."""
    torch.manual_seed(0)
    folder = tmp_path / "bert"
    config = BertConfig(hidden_size=24, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48)
    BertModel(config).save_pretrained(folder)
    state = {name: tensor.contiguous() for name, tensor in BertModel.from_pretrained(folder).state_dict().items()}
    save_file(state, folder / "model.safetensors")
    AutoTokenizer.from_pretrained(EMBEDDED).save_pretrained(folder)
    return folder


def test_trees_are_read_as_phrases_with_their_labels(treebank: Path) -> None:
    tree = read_trees(treebank / "dev.txt.gz")[1]
    assert tree[0] == Phrase("( It does n't work )", 1.0, True)
    assert Phrase("work", 3.0, False) in tree
    assert len(tree) == 10


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ("I do n't know .", "I don't know."),
        ("`` ca n't '' , she 's told", "\"can't\", she's told"),
        ("I can not", "I cannot"),
    ],
)
def test_tokens_become_natural_text(tokens: str, text: str) -> None:
    assert natural(tokens) == text


def test_no_held_or_dev_sentence_is_trained_on(treebank: Path) -> None:
    corpus = load_corpus(treebank)
    trained = {phrase.text for phrase in corpus.phrases}
    assert trained.isdisjoint({sentence.text for sentence in corpus.held + corpus.dev})
    assert "650 is great" not in trained
    assert corpus == load_corpus(treebank)


def test_a_leak_shows_as_overlap() -> None:
    one, other = Phrase("a b c d e f g h i", 2, True), Phrase("x y z a b c d e f g h", 2, True)
    assert overlap([one], [other]) == 1
    assert overlap([one], [Phrase("a b c", 2, True)]) == 0


def test_soft_targets_are_probabilities_and_follow_the_label() -> None:
    targets = np.array([soft_target(label) for label in (0, 1, 1.5, 2, 2.5, 3, 4)])
    assert targets.sum(axis=1) == pytest.approx(np.ones(7))
    assert (np.diff(targets[:, 2]) >= 0).all() and (np.diff(targets[:, 0]) <= 0).all()
    assert targets[3].argmax() == 1


def test_spoken_text_keeps_most_words_and_is_never_empty() -> None:
    chance, mishearing = random.Random(0), Mishearing({"fine": ["find"]})
    heard = [as_spoken("It 's a fine film , is n't it ?", chance, mishearing) for _ in range(200)]
    assert all(heard)
    assert any("find" in text for text in heard)
    assert sum("film" in text.lower() for text in heard) > 180
    assert any("," not in text for text in heard)


def test_what_a_recogniser_wrote_is_learnt_beside_the_text(tmp_path: Path) -> None:
    # Given a transcript of one sentence of two
    transcripts = tmp_path / "heard.jsonl"
    transcripts.write_text(json.dumps(["a fine film", "a vine fell"]) + "\n")
    phrases = [Phrase("a fine film", 4.0, True), Phrase("a fine story", 4.0, True)]
    corpus = with_heard(Corpus(phrases, [], []), transcripts)
    assert [phrase.heard for phrase in corpus.phrases] == ["a vine fell", ""]
    # When passes are made in pairs
    tokenizer, texts = AutoTokenizer.from_pretrained(EMBEDDED), []
    for seed in range(20):
        (batch,) = batches(corpus, Pass(min_words=1, made_up=0, paired=True), tokenizer, Mishearing({}), seed)
        texts += tokenizer.batch_decode(batch.input_ids, skip_special_tokens=True)
    # Expect it as the other view about every second time, and never as the text
    assert 5 <= texts.count("a vine fell") <= 15
    assert texts.count("a fine film") >= 20


def test_the_two_views_of_a_text_differ_in_countries_and_groups() -> None:
    phrases = [Phrase("a great film from Poland", 4.0, True), Phrase("I like it", 3.0, True)]
    way = Pass(min_words=1, made_up=0, swap=1.0, named=1.0, paired=True)
    tokenizer = AutoTokenizer.from_pretrained(EMBEDDED)
    (batch,) = batches(Corpus(phrases, [], []), way, tokenizer, Mishearing({}), seed=1)
    texts = tokenizer.batch_decode(batch.input_ids, skip_special_tokens=True)
    views = [text for text in texts if "great" in text]
    assert len(views) == 2
    named = [{term for term in factual.COUNTRIES + factual.GROUPS if term.lower() in view} for view in views]
    assert all(len(terms) >= 2 for terms in named)
    assert named[0] != named[1]
    assert "i like it" in texts, "a term was added where there is nothing to bear it"


def test_words_that_sound_alike_are_kept_for_machines_without_a_voice(tmp_path: Path) -> None:
    file = tmp_path / "mishearing.json"
    file.write_text(json.dumps({"fine": ["find"]}))
    assert Mishearing.kept(file, []).of("fine", random.Random(0)) == "find"
    if shutil.which("espeak-ng"):
        learnt = tmp_path / "learnt.json"
        assert Mishearing.kept(learnt, ["the pair ate a pear"] * 3).of("pair", random.Random(0)) == "pear"
        assert "pear" in json.loads(learnt.read_text())["pair"]


def test_made_up_sentences_leave_no_slot_open() -> None:
    made = factual.factual(300, random.Random(0)) + factual.opinions(100, random.Random(0))
    assert not [phrase for phrase in made if "{" in phrase.text]
    assert {phrase.label for phrase in made} >= {0.0, 2.0, 4.0}


def test_batches_are_seeded_nearly_unpadded_and_paired_where_asked() -> None:
    words = ("good", "bad", "film", "very", "plain", "story", "told", "by", "someone", "quiet", "voice")
    chance = random.Random(1)
    phrases = [Phrase(" ".join(chance.choices(words, k=k % 14 + 2)), float(k % 5), True) for k in range(400)]
    corpus, tokenizer = Corpus(phrases, [], []), AutoTokenizer.from_pretrained(EMBEDDED)

    def made(paired: bool) -> list[torch.Tensor]:
        way = Pass(min_words=1, made_up=30, paired=paired)
        return [batch.input_ids for batch in batches(corpus, way, tokenizer, Mishearing({}), seed=3)]

    plain = made(paired=False)
    assert all(torch.equal(one, other) for one, other in zip(plain, made(paired=False), strict=True))
    assert sum(int((ids == 0).sum()) for ids in plain) < 0.15 * sum(ids.numel() for ids in plain)
    assert all(len(ids) % 2 == 0 for ids in made(paired=True))


def test_the_converted_encoder_is_the_same_function(small_bert: Path) -> None:
    ids = torch.randint(1000, 20000, (3, 9))
    expected = BertModel.from_pretrained(small_bert).eval()(ids).last_hidden_state
    converted = to_distilbert(small_bert).distilbert.eval()(ids).last_hidden_state
    assert torch.allclose(converted, expected, atol=1e-5)


def test_a_run_that_was_stopped_ends_with_the_same_weights(
    small_bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a run, and one of the same seed that is stopped in its first pass
    corpus = Corpus([Phrase(f"film {n} is great", n % 5, True) for n in range(300)], [Phrase("bad", 0, True)], [])
    plan = (Pass(min_words=1, made_up=30), Pass(min_words=1, made_up=30, paired=True))

    def trainer(folder: str) -> Trainer:
        (tmp_path / folder).mkdir(exist_ok=True)
        return Trainer(tmp_path / folder, plan, corpus, partial(encoder, small_bert), Recipe(rate=1e-3))

    whole = trainer("whole")
    whole.run()
    stopped = trainer("stopped")
    step = stopped._train_step
    monkeypatch.setattr(stopped, "_train_step", lambda *now: (stopped.stop(), step(*now))[1])
    stopped.run()
    # When it is started again
    again = trainer("stopped")
    again.run()
    # Expect what the other run has
    for name, weight in whole.average.state_dict().items():
        assert torch.equal(weight, again.average.state_dict()[name]), name
    steps = [json.loads(line)["step"] for line in (tmp_path / "stopped" / "log.jsonl").read_text().splitlines()]
    assert steps == sorted(steps)


def test_the_mean_of_checkpoints_takes_8_bits_and_32() -> None:
    small, whole = torch.tensor([0.5, -1.0]).to(torch.float8_e4m3fn), torch.tensor([1.5, 0.25])
    found = mean([{"weight": small}, {"weight": whole}])["weight"]
    assert found.dtype is torch.float32 and found.tolist() == [1.0, -0.375]


def test_ece_is_zero_for_an_honest_model_and_large_for_a_boaster() -> None:
    right = np.arange(1000) % 10 < 8
    assert ece(np.full(1000, 0.8), right) == pytest.approx(0, abs=1e-9)
    assert ece(np.full(1000, 0.99), right) == pytest.approx(0.19)


def test_fitting_finds_the_temperature_that_was_put_in() -> None:
    # Given labels drawn from known probabilities, and logits three times too sure
    draw = np.random.default_rng(0)
    logits = draw.normal(size=(4000, 3)) * 2
    labels = [int(draw.choice(3, p=row)) for row in softmax(logits)]
    # When the calibration is fitted
    fitted = fit(logits * 3, np.array(labels))
    # Expect the three
    assert fitted.temperature == pytest.approx(3, rel=0.1)
    assert fitted.neutral_bias == pytest.approx(0, abs=0.15)
    assert isinstance(fitted, Calibration)
