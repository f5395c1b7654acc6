"""What a statistics line says."""

from __future__ import annotations

from datetime import UTC, datetime

from listener_service.statistics import Statistics
from tests.support.results import failed_result, make_result
from wta.messages import Timings

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def test_statistics_have_counts_means_percentiles_and_rates() -> None:
    # Given twenty results, one that failed and one without words or label
    statistics = Statistics()
    for n in range(1, 21):  # latencies 0.1 … 2.0 s
        timings = Timings(captured=50.0, published=50.0 + n / 10)
        label = "POSITIVE" if n % 2 else "NEGATIVE"
        statistics.add(
            make_result(n, "five words in this one", language="en", label=label, score=n / 20, timings=timings)
        )
    statistics.add(failed_result(21))
    statistics.add(make_result(1, "", session="another", label=None, score=None))

    # Expect 20 times 5 words in 20 times 2.5 s; 22 results, 21 of them with a latency of their own or 0.5 s
    assert statistics.line("all", NOW) == (
        "# stats 2026-01-31T12:00:00.000Z of=all results=22 POSITIVE=10 NEGATIVE=10 NEUTRAL=0 FAILED=1 "
        "mean_score=0.525 latency_p50=0.90s latency_p95=1.90s words_per_minute=120 sessions=2 "
        "mood=-0.216 UP=0 DOWN=1 FLAT=0 words_per_minute_by_language=en:120"
    )


def test_each_session_has_a_mood_of_its_own() -> None:
    statistics = Statistics()
    for seq, label in enumerate(["NEGATIVE", "NEUTRAL", "POSITIVE"], start=1):
        statistics.add(make_result(seq, session="rises", label=label, score=1.0))
        statistics.add(make_result(seq, session="stays", label="POSITIVE", score=0.8))
    statistics.add(make_result(1, session="says nothing", label=None, score=None))

    # -1 → -0.9175 (a fact counts a fifth) → -0.2463, and 0.8.
    assert statistics.line("all", NOW).partition("sessions=")[2].startswith("3 mood=+0.277 UP=1 DOWN=0 FLAT=1 ")


def test_statistics_of_no_results_have_no_figures() -> None:
    assert (
        Statistics()
        .line("all", NOW)
        .endswith(
            "results=0 POSITIVE=0 NEGATIVE=0 NEUTRAL=0 FAILED=0 mean_score=- latency_p50=- latency_p95=- "
            "words_per_minute=- sessions=0 mood=- UP=0 DOWN=0 FLAT=0 words_per_minute_by_language=-"
        )
    )


def test_each_language_has_a_pace_of_its_own() -> None:
    statistics = Statistics()
    for seq, (language, text) in enumerate(
        [("en", "five words in this one"), ("ko", "두 단어"), ("ja", "五つの字"), (None, "three of nobody")], start=1
    ):
        statistics.add(make_result(seq, text, language=language))

    # In 2.5 s each; of Japanese, which has no spaces, the characters count
    assert statistics.line("all", NOW).endswith("words_per_minute_by_language=en:120,ja:96,ko:48,unknown:72")
