"""Words shown while somebody speaks: settled ones stay as they are."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from stt_worker.local_agreement import LocalAgreement


def test_words_settle_when_two_hypotheses_agree() -> None:
    agreement = LocalAgreement()
    assert agreement.update("And so my") == ("And so my", 0)
    assert agreement.update("And so, my fellow American") == ("And so, my fellow American", len("And so, my"))
    text, stable = agreement.update("And so, my fellow Americans ask")
    assert (text, text[:stable]) == ("And so, my fellow Americans ask", "And so, my fellow")


def test_settled_words_are_not_taken_back() -> None:
    agreement = LocalAgreement()
    agreement.update("I scream for")
    agreement.update("I scream for")
    # When the same sound is heard otherwise, with one word fewer, expect nothing repeated or swallowed
    assert agreement.update("Ice-cream for you") == ("I scream for you", len("I scream for"))


def test_full_stop_may_become_a_comma() -> None:
    agreement = LocalAgreement()
    agreement.update("Well done.")
    assert agreement.update("Well done.") == ("Well done.", len("Well done"))
    assert agreement.update("Well done, all") == ("Well done, all", len("Well done"))


def test_characters_settle_where_words_have_no_spaces() -> None:
    agreement = LocalAgreement()
    assert agreement.update("客観的") == ("客観的", 0)
    assert agreement.update("客観的実質") == ("客観的実質", len("客観的"))
    assert agreement.update("客観的実在の") == ("客観的実在の", len("客観的実"))


def test_empty_hypothesis_keeps_what_is_shown() -> None:
    agreement = LocalAgreement()
    agreement.update("One two")
    assert agreement.update("") == ("One two", 0)
    assert agreement.update("One two three") == ("One two three", len("One two"))


@given(
    st.lists(
        st.lists(st.sampled_from(["a", "b", "B.", "c,", "—", "dd", "...", "'tis", "你好", "好。", "ชื่อ"]), max_size=6),
        max_size=8,
    )
)
def test_stable_text_begins_every_later_text(hypotheses: list[list[str]]) -> None:
    state, settled = None, ""
    for words in hypotheses:
        # Given a new process for each hypothesis
        agreement = LocalAgreement.from_state(state)
        text, stable_chars = agreement.update(" ".join(words))
        # Expect what was settled to stay, and to grow only
        assert text.startswith(settled)
        assert stable_chars >= len(settled)
        settled = text[:stable_chars]
        state = json.loads(json.dumps(agreement.to_state()))
