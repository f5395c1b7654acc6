"""Damaged files, as recorders that lose power and broken copies make them: what can be read is read."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from fastapi_service.audio.formats import KINDS
from tests.fastapi_service.audio.decoded import decoded, tone
from tests.support.encoded_audio import encoded
from wta.errors import AudioError

SECONDS = 6


def damage(path: Path, count: int = 600) -> Path:
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + count] = np.random.default_rng(1).bytes(count)
    path.write_bytes(content)
    return path


def cut(path: Path, share: float) -> Path:
    content = path.read_bytes()
    path.write_bytes(content[: round(len(content) * share)])
    return path


def mp3(pcm16: bytes, path: Path, rate: int) -> bytes:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libmp3lame", rate=rate)
        frame = av.AudioFrame.from_ndarray(np.frombuffer(pcm16, dtype="<i2")[None], format="s16", layout="mono")
        frame.sample_rate = 16_000
        for part in av.AudioResampler(format="s16p", layout="mono", rate=rate).resample(frame):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return path.read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_file_says_that_all_of_it_was_read(tmp_path: Path, kind: str) -> None:
    audio, facts = decoded(encoded(tone(SECONDS), tmp_path / f"talk.{kind}"))
    assert abs(len(audio) / 16_000 - SECONDS) < 0.15
    assert facts.unread_s < 0.1


@pytest.mark.parametrize("kind", ["mp3", "flac", "m4a", "webm"])
def test_a_damaged_packet_costs_its_own_time_and_not_the_rest(tmp_path: Path, kind: str) -> None:
    whole, _ = decoded(encoded(tone(SECONDS), tmp_path / f"whole.{kind}"))
    audio, facts = decoded(damage(encoded(tone(SECONDS), tmp_path / f"talk.{kind}")))
    assert len(whole) / 16_000 - 1 < len(audio) / 16_000 < len(whole) / 16_000 + 0.3
    assert facts.unread_s < 2.5  # WebM is read again from its next cluster
    end, whole_end = audio[-8_000:-2_000].astype(float), whole[-8_000:-2_000].astype(float)
    shifts = np.correlate(np.pad(end, 3_000), whole_end / np.linalg.norm(whole_end)) / np.linalg.norm(end)
    assert shifts.max() > 0.8, "what comes after the damage is heard"


@pytest.mark.parametrize("kind", ["mp3", "flac", "webm", "wav"])
def test_of_a_file_that_was_cut_short_the_beginning_is_heard(tmp_path: Path, kind: str) -> None:
    audio, facts = decoded(cut(encoded(tone(SECONDS), tmp_path / f"talk.{kind}"), 0.6))
    assert 0.4 * SECONDS < len(audio) / 16_000 < 0.8 * SECONDS
    if kind == "flac":  # the file itself says how long it ought to be
        assert abs(facts.unread_s - (SECONDS - len(audio) / 16_000)) < 0.3


def test_joined_files_of_different_rates_are_heard_whole(tmp_path: Path) -> None:
    joined = tmp_path / "joined.mp3"
    rates = (44_100, 16_000, 48_000)
    joined.write_bytes(b"".join(mp3(tone(SECONDS), tmp_path / f"{rate}.mp3", rate) for rate in rates))
    audio, _ = decoded(joined)
    assert abs(len(audio) / 16_000 - 3 * SECONDS) < 0.6


def test_a_hole_in_a_file_with_timestamps_keeps_the_times_behind_it(tmp_path: Path) -> None:
    # Given a recording whose packets from 2 s to 4 s are missing
    whole, holed = encoded(tone(SECONDS), tmp_path / "talk.webm"), tmp_path / "holed.webm"
    with av.open(str(whole)) as source, av.open(str(holed), "w") as target:
        stream = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.pts is not None and not 2 <= float(packet.pts * packet.time_base) < 4:
                packet.stream = stream
                target.mux(packet)
    # When it is decoded, expect silence in the hole, and the rest at its place
    audio, facts = decoded(holed)
    assert abs(len(audio) / 16_000 - SECONDS) < 0.3 and 1.5 < facts.unread_s < 2.5
    assert not np.any(audio[round(2.4 * 16_000) : round(3.6 * 16_000)])


@pytest.mark.parametrize("content", [b"", b"no audio", bytes(100_000), np.random.default_rng(2).bytes(200_000)])
def test_what_is_no_recording_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "talk.mp3"
    path.write_bytes(content)
    with pytest.raises(AudioError, match="cannot be read as audio"):
        decoded(path)
