"""Blocks of documents about sentiment, as Markdown: of sentiment.json and, for the bias, of bias.json."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.report.markdown import percent, table

OFFICIAL_ACCURACY = "91.06 %"
"""Of positive against negative, on the treebank's dev set, as the official model's card says."""

Show = Callable[[Any], str]


def _three(value: float) -> str:
    return f"{value:.3f}"


def sentiment(figures: dict[str, Any]) -> str:
    """The checkpoint's quality, beside what the official model's card says of itself."""
    quality, time = figures["quality"], figures["latency_one_core"]
    return table(("", "embedded checkpoint", "official model, as published"), [
        ("accuracy, positive against negative", percent(quality["accuracy"]), OFFICIAL_ACCURACY),
        ("log-loss of it", _three(quality["log_loss"]), "0.390"),
        ("expected calibration error (ECE) of it", _three(quality["ece"]), "not published"),
        ("macro-F1 of three labels", _three(quality["macro_f1_three"]), "knows two labels"),
        ("accuracy of three labels", percent(quality["accuracy_three"]), ""),
        ("ECE of three labels", _three(quality["ece_three"]), ""),
        ("size in the repository", f"{figures['size_mb']:.1f} MB", "268 MB"),
        ("one utterance, p50 / p95", f"{time['p50_ms']:.1f} / {time['p95_ms']:.1f} ms", ""),
    ])  # fmt: skip


_SPOKEN = {
    "word error rate": "word_error_rate",
    "**flips**: POSITIVE became NEGATIVE or the reverse": "flips",
    "flips, if the recogniser's doubt were not known": "flips_by_text_alone",
    "share of the sentences with at most one word in ten wrong": "heard_well",
    "flips of those sentences": "flips_where_heard_well",
    "any label changed, to and from NEUTRAL too": "label_changes",
    "labelled NEUTRAL: the texts": "neutral_on_text",
    "labelled NEUTRAL: the transcripts": "neutral_on_transcripts",
    "accuracy of three labels on the transcript": "accuracy_three_on_transcripts",
    "accuracy of three labels, if the doubt were not known": "accuracy_three_by_text_alone",
    "P(positive) against P(negative) changed sides, whatever the label": "two_way_flips",
    "two-way accuracy on the text": "accuracy_on_text",
    "two-way accuracy on the transcript": "accuracy_on_transcripts",
}


def spoken(figures: dict[str, Any]) -> str:
    """What recognition errors do to the labels, for each synthetic voice."""
    flite, espeak = figures["spoken"]["flite"], figures["spoken"]["espeak"]
    return table((f"of {flite['sentences']} sentences", "flite", "espeak-ng"), [
        (name, percent(flite[key]), percent(espeak[key])) for name, key in _SPOKEN.items()
    ])  # fmt: skip


_BIAS: dict[str, tuple[str, Show]] = {
    "mean range": ("mean_range", _three),
    "worst range": ("worst_range", _three),
    "mean standard deviation": ("mean_deviation", _three),
    "label is not that of most terms": ("label_changes", percent),
}


def bias(figures: dict[str, Any], probes: dict[str, Any]) -> str:
    """The bias probe on two runs that differ in the mitigation, and on the checkpoint."""
    columns = (probes["bias-before"], probes["bias-after"], figures["bias_probe"])
    return table(("", "without mitigation", "with mitigation", "embedded checkpoint"), [
        (name, *(show(column[key]) for column in columns)) for name, (key, show) in _BIAS.items()
    ])  # fmt: skip


def speed(figures: dict[str, Any]) -> str:
    """What 8 bits cost and gain."""
    sides = [
        (figures["latency_32_bits"], figures["quality_32_bits"]),
        (figures["latency_one_core"], figures["quality"]),
    ]
    return table(("one core", "32 bits", "as the worker computes"), [
        ("one utterance, p50", *(f"{time['p50_ms']:.1f} ms" for time, _ in sides)),
        ("one utterance, p95", *(f"{time['p95_ms']:.1f} ms" for time, _ in sides)),
        ("accuracy, positive against negative", *(percent(quality["accuracy"]) for _, quality in sides)),
        ("log-loss of it", *(_three(quality["log_loss"]) for _, quality in sides)),
    ])  # fmt: skip


_SETS = {"conversation": "television dialogue", "comments": "short comments", "reviews": "film reviews"}


def said(figures: dict[str, Any]) -> str:
    """The quality on what people say and write to each other, beside reviews, and the commonest label's."""
    sets = [figures["sets"][name] for name in _SETS]

    def row(name: str, of: Callable[[Any], str]) -> tuple[str, ...]:
        return name, *(of(one) for one in sets)

    return table(("", *_SETS.values()), [
        row("texts", lambda one: f"{one['texts']:,}"),
        row("macro-F1 of three labels", lambda one: _three(one["quality"]["macro_f1_three"])),
        row("95 % of draws", lambda one: " to ".join(map(_three, one["interval"]))),
        row("macro-F1 of VADER's word list", lambda one: _three(one["word_list"]["macro_f1_three"])),
        row("macro-F1 of the commonest label alone", lambda one: _three(one["majority"]["macro_f1_three"])),
        row("accuracy of three labels", lambda one: percent(one["quality"]["accuracy_three"])),
        row("accuracy of VADER's word list", lambda one: percent(one["word_list"]["accuracy_three"])),
        row("accuracy of the commonest label alone", lambda one: percent(one["majority"]["accuracy_three"])),
        row("accuracy, positive against negative", lambda one: percent(one["quality"]["accuracy"])),
        row("ECE of three labels", lambda one: _three(one["quality"]["ece_three"])),
        row("the opposite label", lambda one: percent(one["opposite"])),
        row("the opposite label by VADER's word list", lambda one: percent(one["word_list"]["opposite"])),
        row("NEUTRAL: the texts / the labels", lambda one: " / ".join(map(percent, one["neutral"]))),
    ])  # fmt: skip
