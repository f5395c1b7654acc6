"""Who is held to have said what, with invented voices: directions in space, and how far they stray."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stt_worker.speakers.clustering import Assignment, SpeakerClustering
from stt_worker.speakers.settings import ClusteringSettings
from stt_worker.speakers.voice import Voice

Said = tuple[int, float]
"""Who speaks, and for how many seconds."""


def voices(said: list[Said], stray: float = 0.8) -> list[Voice]:
    """One utterance each. At 3 s two of one speaker have a cosine of about 0.6, as real ones have."""
    chance = np.random.default_rng(3)
    people = chance.normal(size=(20, 192))
    return [
        Voice.of(seq, (people[who] + stray * chance.normal(size=192)).astype(np.float32), seconds)
        for seq, (who, seconds) in enumerate(said, start=1)
    ]


def assigned(clustering: SpeakerClustering, heard: list[Voice]) -> dict[int, Assignment]:
    """Who said each utterance in the end."""
    last: dict[int, Assignment] = {}
    for voice in heard:
        last |= clustering.hear(voice)
    return last


def parts(found: dict[int, Assignment]) -> set[frozenset[int]]:
    """The utterances of each speaker, whatever the speaker's number."""
    return {frozenset(s for s, a in found.items() if a.speaker == n) for n in {a.speaker for a in found.values()}}


def test_speakers_are_numbered_as_they_are_first_heard() -> None:
    found = assigned(SpeakerClustering(), voices([(0, 3), (1, 3), (0, 3), (2, 3), (1, 3)]))
    assert [found[seq].speaker for seq in sorted(found)] == [1, 2, 1, 3, 2]
    assert all(a.sure for a in found.values())


def test_one_speaker_stays_one() -> None:
    found = assigned(SpeakerClustering(), voices([(0, 1 + n % 4) for n in range(60)]))
    assert {a.speaker for a in found.values()} == {1}


def test_word_that_is_too_short_takes_its_neighbours_speaker_and_says_so() -> None:
    found = assigned(SpeakerClustering(), voices([(0, 3), (1, 3), (7, 0.3), (0, 3)]))
    assert found[3] == Assignment(speaker=2, sure=False)


def test_short_utterance_that_is_like_a_known_speaker_is_known() -> None:
    found = assigned(SpeakerClustering(), voices([(0, 3), (1, 3), (0, 0.8)]))
    assert found[3] == Assignment(speaker=1, sure=True)


def test_talk_that_begins_with_short_words_has_one_speaker_when_the_first_sentence_comes() -> None:
    found = assigned(SpeakerClustering(), voices([(5, 0.3), (6, 0.3), (0, 3)]))
    assert {a.speaker for a in found.values()} == {1}


def test_earlier_utterance_is_corrected_when_more_is_known() -> None:
    # Given a neighbour that turns out to be somebody else's
    heard = voices([(0, 3), (7, 0.3), (1, 3)])
    clustering = SpeakerClustering()
    # When the nearer neighbour comes later than the farther one
    first = clustering.hear(heard[0])
    last = clustering.hear(heard[2])
    between = clustering.hear(heard[1])
    # Expect only what is new or has changed to be told
    assert (first, last) == ({1: Assignment(1, True)}, {3: Assignment(2, True)})
    assert between == {2: Assignment(1, False)}


def test_number_of_speakers_can_be_given() -> None:
    heard = voices([(0, 3), (1, 3), (2, 3), (0, 3), (1, 3), (2, 3)])
    found = assigned(SpeakerClustering(speakers=2), heard)
    assert {a.speaker for a in found.values()} <= {1, 2, 3}
    assert len({a.speaker for a in found.values()}) == 2


def test_utterance_heard_twice_changes_nothing() -> None:
    heard = voices([(0, 3), (1, 3)])
    clustering = SpeakerClustering()
    assigned(clustering, heard)
    state = clustering.to_state()
    assert clustering.hear(heard[0]) == {}
    assert clustering.to_state() == state


said = st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0.3, 0.8, 1.5, 3.0])), min_size=1, max_size=12)


@settings(deadline=None, max_examples=30)
@given(said=said, seed=st.integers(0, 1000))
def test_who_belongs_together_does_not_depend_on_the_order_in_which_workers_bring_it(
    said: list[Said], seed: int
) -> None:
    heard = voices(said)
    shuffled = [heard[n] for n in np.random.default_rng(seed).permutation(len(heard))]
    assert parts(assigned(SpeakerClustering(), heard)) == parts(assigned(SpeakerClustering(), shuffled))


@settings(deadline=None, max_examples=30)
@given(said=said)
def test_another_worker_goes_on_from_the_state_as_if_it_were_the_first(said: list[Said]) -> None:
    # Given settings that forget soon
    few = ClusteringSettings(remembered=5)
    alone, state = SpeakerClustering(few), SpeakerClustering(few).to_state()
    # When each utterance is heard by one worker, and by a new one from the state
    for voice in voices(said):
        other = SpeakerClustering.from_state(state, few)
        # Expect the same answers, and the same state
        assert other.hear(voice) == alone.hear(voice)
        state = other.to_state()
    assert state == alone.to_state()


def test_long_talk_keeps_its_speakers_and_a_small_state() -> None:
    # Given a talk far longer than what is remembered
    turns = list(itertools.islice(itertools.cycle([(0, 3.0), (1, 2.0), (2, 3.0)]), 90))
    clustering = SpeakerClustering(ClusteringSettings(remembered=10))
    # When it is heard
    found = assigned(clustering, voices(turns))
    # Expect three speakers from the first utterance to the last
    assert parts(found) == {frozenset(range(n, 91, 3)) for n in (1, 2, 3)}
    state = clustering.to_state()
    assert len(json.loads(state)["voices"]) == 10
    assert len(state) < 10 * 400 + 3 * 1_200


def test_utterance_older_than_all_that_is_remembered_is_left_alone() -> None:
    heard = voices([(0, 3)] * 8)
    clustering = SpeakerClustering(ClusteringSettings(remembered=4))
    assigned(clustering, heard[1:])
    assert clustering.hear(heard[0]) == {}


@pytest.mark.parametrize("people", [8, 20])
def test_many_speakers_are_told_apart(people: int) -> None:
    found = assigned(SpeakerClustering(), voices([(who, 3) for _ in range(3) for who in range(people)]))
    assert parts(found) == {frozenset(range(who, 3 * people + 1, people)) for who in range(1, people + 1)}
