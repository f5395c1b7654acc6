"""The segmenter: with made-up probabilities, and with real speech through the real VAD."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fastapi_service.audio.pipeline import SpeechPipeline
from fastapi_service.audio.segment_events import SegmentEvent, SpeechBegan, SpeechPaused, UtteranceCut
from fastapi_service.audio.segment_limits import SegmentLimits
from fastapi_service.audio.segmenter import Segmenter
from fastapi_service.audio.vad import load_network
from fastapi_service.audio.verdict import Verdict
from tests.support.speech import espeak, recorded_clips
from wta.settings import Settings

WINDOW = 512
LIMITS = SegmentLimits(threshold=0.5, preroll=3_200, endpoint=6_400, longest=5 * 16_000)


def _feed(segmenter: Segmenter, probabilities: list[float], signal: NDArray[np.float32]) -> list[SegmentEvent]:
    events: list[SegmentEvent] = []
    for i, probability in enumerate(probabilities):
        before = segmenter.keep_from
        events += segmenter.push(signal[i * WINDOW : (i + 1) * WINDOW], probability)
        assert segmenter.keep_from >= before, "what was given up is not wanted back"
    return events


def _signal(windows: int) -> NDArray[np.float32]:
    """A signal whose samples differ from their neighbours, so that none can be lost or doubled unseen."""
    return (np.random.default_rng(1).integers(-3_000, 3_000, windows * WINDOW) / 32_768).astype(np.float32)


def _samples(cut: UtteranceCut) -> NDArray[np.float32]:
    return np.frombuffer(cut.pcm16, dtype="<i2").astype(np.float32) / 32_768


def _run(probabilities: list[float]) -> tuple[list[UtteranceCut], list[SpeechBegan]]:
    segmenter, signal = Segmenter(LIMITS), _signal(len(probabilities))
    events = _feed(segmenter, probabilities, signal) + segmenter.finalize()
    cuts = [e for e in events if isinstance(e, UtteranceCut)]
    for cut in cuts:
        assert np.array_equal(_samples(cut), signal[cut.start_sample : cut.end_sample])
    return cuts, [e for e in events if isinstance(e, SpeechBegan)]


def test_speech_between_silences_is_one_utterance_with_its_pre_roll() -> None:
    (cut,), (started,) = _run([0.0] * 20 + [0.9] * 30 + [0.0] * 20)
    assert started.at_sample == 20 * WINDOW
    assert 20 * WINDOW - LIMITS.preroll - WINDOW < cut.start_sample <= 20 * WINDOW - LIMITS.preroll
    assert cut.speech_end_sample == 50 * WINDOW < cut.end_sample <= 50 * WINDOW + LIMITS.endpoint


def test_a_click_is_no_speech() -> None:
    assert _run([0.0] * 10 + [0.9] * 2 + [0.0] * 30) == ([], [])


def test_a_short_pause_does_not_end_an_utterance() -> None:
    cuts, _ = _run([0.9] * 20 + [0.1] * 10 + [0.9] * 20 + [0.0] * 30)
    assert len(cuts) == 1


def test_states_follow_the_speaker() -> None:
    segmenter, seen = Segmenter(LIMITS), []
    for probability in [0.0, 0.9, 0.9, 0.9, 0.0, 0.9] + [0.0] * 13:
        segmenter.push(np.zeros(WINDOW, dtype=np.float32), probability)
        seen.append(segmenter.state)
    names = [state.name for state in seen]
    assert names[:6] == ["SILENCE", "ONSET", "ONSET", "SPEECH", "TRAILING", "SPEECH"]
    assert names[6:] == ["TRAILING"] * 12 + ["SILENCE"]


def test_finalize_ends_an_utterance_at_once_and_the_next_starts_where_it_ended() -> None:
    segmenter, signal = Segmenter(LIMITS), _signal(40)
    _feed(segmenter, [0.9] * 20, signal)
    (first,) = segmenter.finalize()
    assert segmenter.finalize() == []
    for i in range(20, 40):
        segmenter.push(signal[i * WINDOW : (i + 1) * WINDOW], 0.9)
    (second,) = segmenter.finalize()
    assert isinstance(first, UtteranceCut) and isinstance(second, UtteranceCut)
    assert (first.end_sample, second.start_sample) == (20 * WINDOW, 20 * WINDOW)


def test_a_long_utterance_is_cut_at_its_quietest_spot_and_carried_on() -> None:
    # Given speech without a pause that is quieter for a moment
    windows = 400
    segmenter, signal = Segmenter(LIMITS), _signal(windows)
    quiet = slice(130 * WINDOW, 134 * WINDOW)
    signal[quiet] *= 0.01
    # When it is segmented
    events = _feed(segmenter, [0.9] * windows, signal) + segmenter.finalize()
    cuts = [e for e in events if isinstance(e, UtteranceCut)]
    # Expect a cut there, utterances that join, and every sample once
    assert quiet.start < cuts[0].end_sample < quiet.stop
    assert [c.start_sample for c in cuts[1:]] == [c.end_sample for c in cuts[:-1]]
    assert all(c.end_sample - c.start_sample <= LIMITS.longest + WINDOW for c in cuts)
    quantised = np.rint(signal * 32_768) / 32_768
    assert np.array_equal(np.concatenate([_samples(c) for c in cuts]), quantised.astype(np.float32))
    assert sum(isinstance(e, SpeechBegan) for e in events) == len(cuts)


def _silence_until_cut(verdict: Verdict, after: int = 8) -> int:
    """How many windows of silence end an utterance whose pause gets the verdict after so many of them."""
    segmenter, quiet = Segmenter(LIMITS), np.zeros(WINDOW, dtype=np.float32)
    for _ in range(20):
        segmenter.push(quiet, 0.9)
    for count in range(1, 100):
        events = segmenter.push(quiet, 0.0)
        if any(isinstance(e, SpeechPaused) for e in events):
            segmenter.await_verdict()
        if segmenter.is_awaiting and count == after and verdict is not Verdict.AWAITED:
            events += segmenter.judge(verdict)
        if any(isinstance(e, UtteranceCut) for e in events):
            return count
    raise AssertionError("the utterance never ended")


def test_a_pause_is_longer_or_shorter_by_what_the_words_say() -> None:
    plain, finished, unfinished, nothing = (
        _silence_until_cut(v) for v in (Verdict.UNASKED, Verdict.FINISHED, Verdict.UNFINISHED, Verdict.AWAITED)
    )
    assert plain * WINDOW == pytest.approx(LIMITS.endpoint, abs=WINDOW)
    assert finished < plain < nothing < unfinished
    assert unfinished * WINDOW < 2.2 * LIMITS.endpoint, "nobody waits without bound"


def test_a_verdict_that_comes_late_ends_the_utterance_at_once() -> None:
    assert _silence_until_cut(Verdict.FINISHED, after=16) == 16


def test_a_verdict_holds_for_its_own_pause_only() -> None:
    # Given a pause that was judged unfinished, and speech after it
    segmenter, quiet = Segmenter(LIMITS), np.zeros(WINDOW, dtype=np.float32)
    _feed(segmenter, [0.9] * 20 + [0.0] * 5, _signal(25))
    segmenter.await_verdict()
    assert segmenter.judge(Verdict.UNFINISHED) == []
    segmenter.push(quiet, 0.9)
    # When a second pause is judged by nobody
    events = [e for _ in range(13) for e in segmenter.push(quiet, 0.0)]
    # Expect plain silence to end it
    assert any(isinstance(e, UtteranceCut) for e in events)


_RUNS = st.lists(st.tuples(st.sampled_from([0.05, 0.4, 0.55, 0.95]), st.integers(1, 60)), max_size=30)


@hypothesis_settings(max_examples=200, deadline=None)
@given(runs=_RUNS)
def test_no_speech_is_lost_or_doubled(runs: list[tuple[float, int]]) -> None:
    probabilities = [p for p, count in runs for _ in range(count)]
    cuts, started = _run(probabilities)
    assert len(started) == len(cuts)
    for earlier, later in pairwise(cuts):
        assert earlier.end_sample <= later.start_sample
    for i in range(len(probabilities) - 2):
        if min(probabilities[i : i + 3]) >= LIMITS.threshold:
            within = [c for c in cuts if c.start_sample <= (i + 1) * WINDOW <= c.end_sample]
            assert within, f"speech at window {i} is in no utterance"


# ---- real sound through the real VAD --------------------------------------------------------------------------------


def _utterances(signal: NDArray[np.float64], rate_hz: int = 16_000) -> list[UtteranceCut]:
    pipeline = SpeechPipeline(Settings(), load_network(), rate_hz)
    pcm16 = np.clip(np.rint(signal * 32_767), -32_768, 32_767).astype("<i2").tobytes()
    step = 2 * rate_hz // 50
    events = [e for i in range(0, len(pcm16), step) for e in pipeline.push(pcm16[i : i + step])]
    return [e for e in [*events, *pipeline.finish()] if isinstance(e, UtteranceCut)]


def _sounds() -> dict[str, NDArray[np.float64]]:
    seconds, rng = 20, np.random.default_rng(2)
    t = np.arange(seconds * 16_000) / 16_000
    return {
        "silence": np.zeros_like(t),
        "white noise": rng.normal(0, 0.1, len(t)),
        "hum": 0.3 * np.sin(2 * np.pi * 50 * t) + 0.1 * np.sin(2 * np.pi * 150 * t),
        "clicks": np.where(np.arange(len(t)) % 16_000 < 40, 0.8, 0.0),
    }


@pytest.mark.parametrize("name", ["silence", "white noise", "hum", "clicks"])
def test_what_is_not_speech_makes_no_utterance(name: str) -> None:
    assert _utterances(_sounds()[name]) == []


def test_recorded_speech_is_in_utterances(tmp_path: Path) -> None:
    for clip in recorded_clips(tmp_path)[:12]:
        samples, rate_hz = soundfile.read(clip.path, dtype="float64", always_2d=True)
        signal = np.concatenate([np.zeros(rate_hz), samples.mean(axis=1), np.zeros(rate_hz)])
        cuts = _utterances(signal, rate_hz)
        energy = np.square(signal)
        inside = sum(energy[c.start_sample * rate_hz // 16_000 : c.end_sample * rate_hz // 16_000].sum() for c in cuts)
        assert inside >= 0.99 * energy.sum(), f"{clip.path.name}: speech outside the utterances"


def test_speech_without_a_pause_is_cut_and_joins_again(tmp_path: Path) -> None:
    words = " ".join(["and so we went on and on and never took a breath"] * 12)
    samples, rate_hz = soundfile.read(espeak(words, tmp_path / "long.wav", 16_000), dtype="float64")
    cuts = _utterances(samples, rate_hz)
    assert len(cuts) > 1
    assert [c.start_sample for c in cuts[1:]] == [c.end_sample for c in cuts[:-1]]
    assert all(len(c.pcm16) / 32_000 <= 20.1 for c in cuts)
