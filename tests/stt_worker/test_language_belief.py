"""What is taken for a session's language, sentence after sentence."""

from __future__ import annotations

import json

from stt_worker.language_belief import UNDECIDED, LanguageBelief

KNOWN = ("en", "zh", "ko", "ja", "de", "fr", "es", "ru")


def heard(**shares: float) -> dict[str, float]:
    """Whisper's probabilities: those given, and the rest spread over the other languages."""
    others = [code for code in KNOWN if code not in shares]
    return shares | dict.fromkeys(others, (1 - sum(shares.values())) / len(others))


def test_one_doubtful_sentence_does_not_change_the_language() -> None:
    # Given a session of English
    doubtful = heard(en=0.6, zh=0.3)
    belief = UNDECIDED.after(doubtful, seconds=3)
    assert belief.language == "en"
    assert set(belief.candidates(doubtful)) >= {"en", "zh"}, (
        "the first sentence is not sure, so more than one language is tried"
    )
    belief = belief.after(heard(en=0.7, zh=0.2), seconds=3)
    # When a sentence with an accent sounds more like Chinese, expect it to be English
    for _ in range(2):
        assert belief.after(heard(en=0.2, zh=0.7), seconds=3).language == "en"


def test_short_words_never_flip_a_language() -> None:
    belief = UNDECIDED.after(heard(en=0.98), seconds=4)
    # When many short words are heard as German, expect English to stay
    for _ in range(3):
        belief = belief.after(heard(de=0.9, en=0.05), seconds=0.4)
        assert belief.language == "en"


def test_another_language_is_noticed_within_two_sentences() -> None:
    belief = UNDECIDED
    for _ in range(50):
        belief = belief.after(heard(en=0.98), seconds=5)
    assert belief.candidates(heard(en=0.98)) == ("en",)
    # When somebody goes on in Korean, expect both to be tried at once, and Korean to have it with the next sentence
    korean = heard(ko=0.99, en=0.004)
    belief = belief.after(korean, seconds=5)
    assert set(belief.candidates(korean)) >= {"en", "ko"}
    assert belief.after(heard(ko=0.99, en=0.004), seconds=5).language == "ko"


def test_the_words_decide_where_the_sound_does_not() -> None:
    belief = UNDECIDED.after(heard(zh=0.6, en=0.3), seconds=3)
    assert belief.language == "zh"
    # When the sentence makes sense in English alone
    belief = belief.after_texts({"zh": -1.7, "en": -0.4})
    # Expect English, and probabilities that stay some
    assert belief.language == "en"
    assert sum(belief.shares.values()) <= 1.0000001


def test_a_belief_survives_its_way_through_redis() -> None:
    belief = UNDECIDED.after(heard(en=0.6, zh=0.3), seconds=3)
    again = LanguageBelief.from_state(belief.to_state())
    assert again.language == belief.language
    assert json.loads(belief.to_state()).keys() == again.shares.keys()
    for broken in (None, "", "[1]", "nonsense", '{"en": null}'):
        assert LanguageBelief.from_state(broken) == UNDECIDED
