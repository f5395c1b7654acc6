"""One result is one line, whatever it holds."""

from __future__ import annotations

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from listener_service.line import first_id, format_result, last_id
from listener_service.stream_id import StreamId
from tests.support.results import failed_result, make_result

ID = StreamId(1_795_492_856_170, 3)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def test_a_result_is_a_line_of_columns() -> None:
    line = format_result(make_result(7, "It's fine", label="POSITIVE", score=0.98765), ID, with_text=True)

    assert line == (
        '2026-11-24T04:00:56.170Z  5e5510a000000001  #0007  POSITIVE  0.988  "It\'s fine"  '
        "audio 2.50s  latency 0.50s  1795492856170-3"
    )


def test_a_failure_is_a_line_with_its_reason() -> None:
    line = format_result(failed_result(2, "worker\ndied"), ID, with_text=True)

    assert "  #0002  FAILED      -    - (worker\\ndied)  audio" in line
    assert last_id(line.encode()) == ID


def test_text_can_be_kept_out_of_the_line() -> None:
    line = format_result(make_result(1, "a secret"), ID, with_text=False)

    assert "secret" not in line
    assert "  [redacted]  " in line


def test_a_text_without_sentiment_says_why() -> None:
    line = format_result(make_result(1, "", label=None, score=None, reason="language ko"), ID, with_text=True)

    assert '  -           -    "" (language ko)  ' in line


@given(text=TEXTS, session=TEXTS, reason=st.none() | TEXTS)
def test_any_text_stays_on_its_line_and_can_be_read_back(text: str, session: str, reason: str | None) -> None:
    line = format_result(make_result(1, text, session=session, reason=reason), ID, with_text=True)

    assert line.isprintable()
    assert len(line.splitlines()) == 1
    assert last_id(line.encode()) == first_id(line.encode()) == ID
    column = re.search(r"  #0001  \w+ +\S+  (.*)$", line)
    assert column is not None
    assert json.JSONDecoder().raw_decode(column[1])[0] == text


def test_the_last_id_passes_over_statistics_and_foreign_lines() -> None:
    line = format_result(make_result(), ID, with_text=True)

    assert last_id(f"{line}\n# stats 2026-01-01T00:00:00.000Z of=all results=9 9-9\nhello 8-8\n".encode()) == ID
    assert last_id(b"# stats 1-1\n") is None


def test_an_id_that_is_no_time_has_a_line() -> None:
    assert format_result(make_result(), StreamId(2**63, 0), with_text=True).startswith("9999-12-31T")
