"""What a larger network teaches the embedded one: its judgements, of texts that nobody has labelled too."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from analyzer_worker.models.checkpoints import EMBEDDED
from training.batches import Pass, draw, soft_target, target_of
from training.judge import judge, recombined, to_judge, with_judgements
from training.sst import Corpus, Phrase

PHRASES = [
    Phrase("the film is a quiet joy", 4.0, True),
    Phrase("the story is a dull affair", 0.0, True),
    Phrase("a quiet joy", 4.0, False),
    Phrase("a dull affair", 0.0, False),
    Phrase("dull", 1.0, False),
]


def test_new_sentences_are_the_treebanks_with_phrases_exchanged() -> None:
    made = set(recombined(PHRASES, 60, random.Random(0), exchanges=1))
    assert made <= {f"the {noun} is a {what}" for noun in ("film", "story") for what in ("quiet joy", "dull affair")}
    assert {"the film is a dull affair", "the story is a quiet joy"} <= made
    assert recombined(PHRASES, 9, random.Random(3)) == recombined(PHRASES, 9, random.Random(3))


def test_no_sentence_that_figures_are_measured_on_is_judged() -> None:
    dev = [Phrase("The film is a dull affair !", 1.0, True)]
    texts = to_judge(Corpus(PHRASES, [], dev), min_words=3, made=60)
    assert "the story is a quiet joy" in texts
    assert not {"the film is a dull affair", "dull"} & set(texts)
    assert len(texts) == len(set(texts))


def test_a_target_is_the_label_and_the_judgement_mixed(tmp_path: Path) -> None:
    judged, judgement = tmp_path / "judged.jsonl", (0.1, 0.2, 0.7)
    judged.write_text("".join(json.dumps([text, judgement]) + "\n" for text in ("a dull affair", "the new one")))
    phrases = with_judgements(Corpus(PHRASES, [], []), [judged], weight=0.25).phrases
    targets = {phrase.text: target_of(phrase) for phrase in phrases}
    assert targets["a dull affair"] == pytest.approx(
        [0.25 * j + 0.75 * t for j, t in zip(judgement, soft_target(0.0), strict=True)]
    )
    assert targets["a quiet joy"] == soft_target(4.0)
    assert targets["the new one"] == judgement
    assert next(phrase for phrase in phrases if phrase.text == "the new one").label > 2.5


def test_several_teachers_count_alike(tmp_path: Path) -> None:
    judged = [tmp_path / "one.jsonl", tmp_path / "other.jsonl"]
    for file, judgement in zip(judged, ((0.8, 0.1, 0.1), (0.4, 0.3, 0.3)), strict=True):
        file.write_text(json.dumps(["the new one", judgement]) + "\n")
    (made,) = with_judgements(Corpus([], [], []), judged, weight=0.25).phrases
    assert target_of(made) == pytest.approx((0.6, 0.2, 0.2))
    assert made.is_unlabelled


def test_a_pass_takes_its_share_of_what_nobody_has_labelled() -> None:
    made = [Phrase(f"new sentence {n}", 3.0, True, (0, 0, 1), is_unlabelled=True) for n in range(200)]
    drawn = draw(Corpus(PHRASES + made, [], []), Pass(min_words=1, unlabelled_share=0.25, made_up=0), random.Random(0))
    assert 25 < sum(phrase.is_unlabelled for phrase in drawn) < 75
    assert {phrase for phrase in PHRASES if phrase.is_sentence} <= set(drawn)


def test_a_teacher_writes_a_line_for_each_text_and_goes_on(tmp_path: Path) -> None:
    # Given the embedded checkpoint in a teacher's place
    target = tmp_path / "judged.jsonl"
    for texts in (["a quiet joy", "a dull affair"], ["the film is a quiet joy"]):
        judge(EMBEDDED, texts, target, bf16=False)
    # Expect probabilities that say what the texts say
    lines = [json.loads(line) for line in target.read_text().splitlines()]
    assert [text for text, _ in lines] == ["a quiet joy", "a dull affair", "the film is a quiet joy"]
    assert all(sum(probabilities) == pytest.approx(1, abs=1e-4) for _, probabilities in lines)
    assert lines[0][1][2] > 0.5 > lines[1][1][2]
