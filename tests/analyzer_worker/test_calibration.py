"""Labels of any model become three; two labels get a band of indecision."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer_worker.calibration import ASSUMED_FOR_TWO, Calibration
from analyzer_worker.decision import decide, least_probability
from analyzer_worker.label_map import LABELS, LabelMap
from wta.errors import ModelError

OFFICIAL = {0: "NEGATIVE", 1: "POSITIVE"}
LOGITS = st.floats(-20, 20)


def label_of(id2label: dict[int, str], logits: list[float], calibration: Calibration) -> str:
    row = calibration.probabilities(LabelMap(id2label)(np.array([logits])))[0]
    assert row.sum() == pytest.approx(1)
    return LABELS[int(decide(row))]


@pytest.mark.parametrize(
    ("logits", "label"),
    [([-4.0, 4.0], "POSITIVE"), ([4.0, -4.0], "NEGATIVE"), ([0.5, 0.6], "NEUTRAL"), ([-0.6, 0.6], "NEUTRAL")],
)
def test_two_labels_abstain_where_they_are_undecided(logits: list[float], label: str) -> None:
    assert label_of(OFFICIAL, logits, ASSUMED_FOR_TWO) == label


@pytest.mark.parametrize(("surer", "label"), [(0.68, "NEUTRAL"), (0.7, "POSITIVE")])
def test_two_labels_abstain_below_what_is_documented(surer: float, label: str) -> None:
    half = ASSUMED_FOR_TWO.temperature * np.log(surer / (1 - surer)) / 2
    assert label_of(OFFICIAL, [-half, half], ASSUMED_FOR_TWO) == label


@given(LOGITS, LOGITS, LOGITS)
def test_the_label_is_the_one_that_is_least_far_off(a: float, b: float, c: float) -> None:
    row = Calibration().probabilities(np.array([[a, b, c]]))[0]
    expected_error = [sum(p * abs(label - truth) for truth, p in enumerate(row)) for label in range(3)]
    assert expected_error[int(decide(row))] == pytest.approx(min(expected_error))


@given(st.floats(-5, 0), st.floats(-5, 0))
def test_a_doubting_recogniser_asks_for_a_surer_feeling(one: float, other: float) -> None:
    surer, less_sure = max(one, other), min(one, other)
    assert 0.5 <= least_probability(surer) <= least_probability(less_sure)
    assert least_probability(None) == least_probability(-0.2) == 0.5
    rows = np.array([[0.0, 0.3, 0.7], [0.0, 0.3, 0.7], [0.7, 0.3, 0.0]])
    labels = decide(rows, np.array([least_probability(p) for p in (-0.2, -0.8, -0.8)]))
    assert [LABELS[label] for label in labels] == ["POSITIVE", "NEUTRAL", "NEUTRAL"]


@given(LOGITS, LOGITS)
def test_the_band_is_the_same_on_both_sides(negative: float, positive: float) -> None:
    row = ASSUMED_FOR_TWO.probabilities(LabelMap(OFFICIAL)(np.array([[negative, positive]])))[0]
    mirrored = ASSUMED_FOR_TWO.probabilities(LabelMap(OFFICIAL)(np.array([[positive, negative]])))[0]
    assert row == pytest.approx(mirrored[::-1])


@given(LOGITS, LOGITS, LOGITS, st.floats(0.3, 5), st.floats(-3, 3))
def test_calibration_never_turns_positive_into_negative(a: float, b: float, c: float, t: float, bias: float) -> None:
    row = Calibration(t, bias).probabilities(np.array([[a, b, c]]))[0]
    assert (row[2] >= row[0]) == (c >= a) or row[2] == pytest.approx(row[0])


@pytest.mark.parametrize(
    ("id2label", "winner", "label"),
    [
        ({0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"}, 1, "NEUTRAL"),
        ({0: "LABEL_0", 1: "LABEL_1"}, 1, "POSITIVE"),
        ({0: "POSITIVE", 1: "NEGATIVE"}, 0, "POSITIVE"),
        ({0: "1 star", 1: "2 stars", 2: "3 stars", 3: "4 stars", 4: "5 stars"}, 3, "POSITIVE"),
        ({0: "Very Negative", 1: "Negative", 2: "Neutral", 3: "Positive", 4: "Very_Positive"}, 0, "NEGATIVE"),
        ({0: "sadness", 1: "joy", 2: "love", 3: "anger", 4: "fear", 5: "surprise"}, 2, "POSITIVE"),
    ],
)
def test_the_labels_of_other_models_are_mapped(id2label: dict[int, str], winner: int, label: str) -> None:
    logits = [6.0 if index == winner else 0.0 for index in sorted(id2label)]
    assert label_of(id2label, logits, Calibration()) == label


def test_labels_that_are_no_sentiment_are_refused_by_name() -> None:
    with pytest.raises(ModelError, match="entailment, contradiction"):
        LabelMap({0: "entailment", 1: "contradiction"})


def test_a_calibration_is_kept_beside_its_model(tmp_path: Path) -> None:
    assert Calibration.of_folder(tmp_path) is None
    Calibration(1.25, -0.5).save(tmp_path)
    assert Calibration.of_folder(tmp_path) == Calibration(1.25, -0.5)
