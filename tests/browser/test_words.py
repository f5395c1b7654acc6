"""The page counts words as the server does: the same cases as tests/wta/test_words.py."""

from __future__ import annotations

import json

from tests.browser.support.listener_page import ListenerPage
from tests.support.processes import ROOT

_CASES = json.loads((ROOT / "tests" / "golden" / "words.json").read_text(encoding="utf-8"))


def test_the_page_counts_words_as_the_server_does(idle_page: ListenerPage) -> None:
    found = idle_page.page.evaluate(
        """async (texts) => {
          const { countWords } = await import("/static/sentences/summary.js");
          return texts.map(countWords);
        }""",
        [text for text, _ in _CASES],
    )
    assert found == [words for _, words in _CASES]


def test_each_language_of_a_talk_has_its_pace(idle_page: ListenerPage) -> None:
    # Given sentences in two languages, of which Korean was spoken longer, and one that is still open
    said = [("en", "one two three", 2), ("ko", "하나 둘", 4), ("en", "four", 2)]
    records = [
        {"state": "settled", "language": language, "text": text, "start": 0, "end": seconds}
        for language, text, seconds in said
    ]
    found = idle_page.page.evaluate(
        """async (records) => {
          const { summarise } = await import("/static/sentences/summary.js");
          return summarise(records).paces;
        }""",
        [*records, {"state": "speaking", "text": "five", "start": 8}],
    )
    # Expect words a minute of speech, for each of both
    assert sorted(found) == [["en", 60], ["ko", 30]]
