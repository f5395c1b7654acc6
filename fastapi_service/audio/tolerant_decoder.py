"""Decodes a file packet by packet: one that cannot be read costs its own time, and not the file."""

from __future__ import annotations

from collections.abc import Iterator

import av

from fastapi_service.audio.downmix import Downmix
from wta.audio_format import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ

_GAP_S = 0.25
"""A jump of the timestamps that is heard as silence. Smaller ones are the clocks of recorders."""
_MISSING_S = 1.0
"""A jump from which audio is missing, and not only a pause of the recorder."""
_LONGEST_GAP_S = 600.0
"""A longer jump is a wrong timestamp."""
_MOST_READ_ERRORS = 1_000
"""Errors of reading (not decoding), after which the rest is given up."""
_LEAST_READABLE = 0.05
"""Less of a damaged file than this share is not a recording."""
_EXACT = {"flac", "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"}
"""Formats that state their length. That of others is estimated from the size of what is there."""


class TolerantDecoder:
    """Yields the audio of one open file as PCM16, 16 kHz mono. Damaged parts are silence as long as they last.

    Where the file does not say how long they last, what follows comes earlier.
    """

    def __init__(self, container: av.container.InputContainer) -> None:
        self._container = container
        self._stream = container.streams.audio[0]
        self._stream.codec_context.thread_count = (
            1  # threads, one a core, would take the memory that this process may have
        )
        self._downmix: Downmix | None = None
        self._format: tuple[str, str, int] | None = None
        self._first_s: float | None = None
        """Timestamp of the beginning, moved wherever timestamps start anew."""
        self._lead_s = 0.0
        """How much later than the file, a film for instance, its sound begins."""
        self._at_s = 0.0
        """How far the audio has come."""
        self._failed_s = 0.0
        """Length of the packets that failed since the last one that did not."""
        self._failed = False
        self.read_s = 0.0
        """Seconds that were decoded."""
        self.unread_s = 0.0
        """Seconds that could not be read, as far as the file says."""

    @property
    def length_s(self) -> float:
        """The length in seconds that the file states or FFmpeg estimates; 0 where there is neither."""
        return max(0, self._container.duration or 0) / av.time_base

    @property
    def is_readable(self) -> bool:
        """Whether enough was decoded for a recording."""
        return self.read_s > _LEAST_READABLE * (self.read_s + self.unread_s)

    def pcm16(self) -> Iterator[bytes]:
        """Decode to the end."""
        for packet in self._packets():
            for frame in self._frames(packet):
                yield from self._silence_before(frame)
                yield from self._resampled(frame)
        yield from self._flush()
        self._count_missing_end()

    def _packets(self) -> Iterator[av.Packet[av.AudioStream]]:
        for _ in range(_MOST_READ_ERRORS):
            try:
                yield from self._container.demux(self._stream)
                return
            except av.FFmpegError:
                self._failed = True

    def _frames(self, packet: av.Packet[av.AudioStream]) -> list[av.AudioFrame]:
        try:
            return list(packet.decode())
        except (av.FFmpegError, ValueError):
            self._failed = True
            if packet.duration and packet.time_base:
                self._failed_s += float(packet.duration * packet.time_base)
            return []

    def _silence_before(self, frame: av.AudioFrame) -> Iterator[bytes]:
        gap_s = self._gap_s(frame)
        missing_s = max(0.0, gap_s if self.read_s else gap_s - self._lead_s)
        if self._failed or missing_s >= _MISSING_S:
            self.unread_s += missing_s
        self._failed, self._failed_s = False, 0.0
        self._at_s += gap_s
        while gap_s > 0:
            yield bytes(round(min(1.0, gap_s) * SAMPLE_RATE_HZ) * BYTES_PER_SAMPLE)
            gap_s -= 1.0

    def _gap_s(self, frame: av.AudioFrame) -> float:
        if frame.time is None:
            return self._failed_s
        if self._first_s is None:
            self._first_s = self._beginning_s(frame.time - self._failed_s)
        gap_s = frame.time - self._first_s - self._at_s
        if not -_GAP_S < gap_s < _LONGEST_GAP_S:
            self._first_s, gap_s = frame.time - self._at_s - self._failed_s, self._failed_s
        return gap_s if gap_s > (0.0 if self._failed else _GAP_S) else 0.0

    def _beginning_s(self, sound_s: float) -> float:
        """The timestamp at which the file begins, whose sound begins at `sound_s`: in a film it may be earlier."""
        file_s = self._container.start_time
        if file_s is not None and len(self._container.streams) > 1 and not self._at_s:
            late_s = sound_s - file_s / av.time_base
            self._lead_s = late_s if _GAP_S < late_s < _LONGEST_GAP_S else 0.0
        return sound_s - self._lead_s

    def _resampled(self, frame: av.AudioFrame) -> Iterator[bytes]:
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if kind != self._format:  # files of two kinds were joined
            yield from self._flush()
            self._downmix, self._format = Downmix(frame), kind
        assert self._downmix is not None  # noqa: S101 - for the type checker
        seconds = frame.samples / frame.sample_rate
        self._at_s += seconds
        self.read_s += seconds
        yield from self._downmix.mono(frame)

    def _flush(self) -> Iterator[bytes]:
        if self._downmix is not None:
            yield from self._downmix.mono(None)

    def _count_missing_end(self) -> None:
        self.unread_s += max(self._failed_s, self._stated_s() - (self._at_s - self._lead_s))

    def _stated_s(self) -> float:
        """How long the audio ought to be, if the file itself says so; else 0."""
        stream = self._stream
        if self._container.format.name not in _EXACT:
            return 0.0
        if stream.duration and stream.time_base:
            return float(stream.duration * stream.time_base)
        # A film may be longer than its sound.
        return self.length_s if len(self._container.streams) == 1 else 0.0
