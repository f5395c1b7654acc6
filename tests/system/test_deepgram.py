"""Deepgram's own client on the real system: real speech, real weights, real workers."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.support.deepgram import listening
from tests.support.speech import espeak, word_error_rate
from tests.support.stack import Stack
from tests.support.wait import wait_until
from wta import names
from wta.messages import Result

_LONGEST_WER = 25.0
"""Of two sentences that espeak-ng says: the voice is not a person's."""
GOOD, BAD = "This is wonderful, I am so happy about it.", "This is terrible, I hate every minute of it."


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """PCM16 at 48 kHz: two sentences with a pause of two seconds and more between them."""
    folder = tmp_path_factory.mktemp("talk")
    parts = [soundfile.read(espeak(text, folder / f"{n}.wav"), dtype="int16")[0] for n, text in enumerate((GOOD, BAD))]
    return np.concatenate([*parts, np.zeros(48_000, dtype="int16")]).astype("<i2").tobytes()


def test_the_official_client_gets_text_and_sentiment(stack: Stack, talk: bytes) -> None:
    # When somebody speaks at the speed of speech, with all that the client can ask for
    options = {"interim_results": "true", "vad_events": "true", "utterance_end_ms": "1000", "endpointing": "400"}
    with listening(
        stack.http_url, sample_rate=48_000, language="en-US", punctuate="true", smart_format="true", sentiment=True,
        channels="1", **options,
    ) as heard:  # fmt: skip
        heard.say(talk, 48_000, pace=True)
        heard.wait_for(lambda: len(heard.of("UtteranceEnd")) == 2)
        heard.finish()

    # Expect the two sentences with what they feel like, in order, and words before they settle
    assert heard.errors == []
    finals = heard.finals()
    transcripts = [result.channel.alternatives[0].transcript for result in finals]
    assert word_error_rate([GOOD + " " + BAD], [" ".join(transcripts)]) <= _LONGEST_WER
    moods = [(r.channel.alternatives[0].sentiment, r.channel.alternatives[0].sentiment_score) for r in finals]
    assert moods[0][0] == "positive" and moods[0][1] > 0.33 and moods[-1][0] == "negative" and moods[-1][1] < -0.33
    assert all(result.speech_final and not result.from_finalize for result in finals)
    assert [r.start for r in finals] == sorted(r.start for r in finals)
    interims = [r for r in heard.of("Results") if not r.is_final]
    assert interims and all(r.channel.alternatives[0].transcript for r in interims)
    assert len(heard.of("SpeechStarted")) == 2
    for end, result in zip(heard.of("UtteranceEnd"), finals, strict=True):
        assert result.start < end.last_word_end <= result.start + result.duration

    # Expect a summary of the audio at the end, under the id that the log has
    (metadata,) = heard.of("Metadata")
    assert heard.messages[-1] is metadata
    assert metadata.sha256 == hashlib.sha256(talk).hexdigest()
    assert metadata.duration == pytest.approx(len(talk) / 96_000, abs=0.001)
    assert {result.metadata.request_id for result in finals} == {metadata.request_id}
    wait_until(
        lambda: sum(metadata.request_id in line for line in stack.log_lines()) == len(finals), 20, "the log lacks lines"
    )
    stored = [Result.model_validate_json(fields[b"json"]) for _, fields in stack.client().xrange(names.RESULTS_STREAM)]
    assert [r.text for r in stored if r.session_id == metadata.request_id] == transcripts


def test_a_file_as_fast_as_it_can_be_sent_is_paced_and_whole(stack: Stack, talk: bytes, tmp_path: Path) -> None:
    """These clients know of no window: nothing is lost, and nobody is thrown out for being fast."""
    minutes = talk * 6
    with listening(stack.http_url, sample_rate=48_000) as heard:
        heard.say(minutes, 48_000, chunk_ms=101)
        heard.finish(timeout_s=300)
    assert heard.errors == []
    transcripts = [result.channel.alternatives[0].transcript for result in heard.finals()]
    assert word_error_rate([" ".join([GOOD, BAD] * 6)], [" ".join(transcripts)]) <= _LONGEST_WER
    assert heard.of("Metadata")[0].sha256 == hashlib.sha256(minutes).hexdigest()
