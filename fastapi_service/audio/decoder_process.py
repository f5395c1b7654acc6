"""`python -m fastapi_service.audio.decoder_process SECONDS <IN >OUT` writes a file's length, then its audio as PCM16.

The audio is at 16 kHz, mono; the length is packed as `file_decoder.LENGTH`. SECONDS is how much audio is allowed.
Each file has a decoder process of its own: strangers' files go through FFmpeg's parsers, and a crash or an endless
loop there must not stop the web service. Standard input is a file, so that the decoder can seek in it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import av

from fastapi_service.audio.file_decoder import LENGTH, TOO_LONG
from wta.audio_format import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ

FORMATS = "wav,mp3,flac,ogg,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,aac,aiff,caf"
"""FFmpeg's names of the formats that are decoded. Playlists (HLS, concat) are not among them, because they name other
files and addresses."""
_MAX_MEMORY_BYTES = 1 << 30
_MAX_CPU_S = 600


def decode(longest_s: float) -> Iterator[bytes]:
    """Yield the packed length of standard input, then its audio as PCM16, 16 kHz mono.

    Raises av.FFmpegError if it cannot be decoded, EOFError if it has no audio, and OverflowError if it has more than
    `longest_s` seconds.
    """
    options = {"format_whitelist": FORMATS, "protocol_whitelist": "none"}
    left = round(longest_s * SAMPLE_RATE_HZ)
    with av.open(sys.stdin.buffer, mode="r", options=options, metadata_errors="ignore") as container:
        if not container.streams.audio:
            raise EOFError
        yield LENGTH.pack(_length_s(container))
        resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ)
        for frame in container.decode(audio=0):
            for part in resampler.resample(frame):
                left -= part.samples
                yield _bytes(part)
            if left < 0:
                raise OverflowError
        for part in resampler.resample(None):
            yield _bytes(part)


def _length_s(container: av.container.InputContainer) -> float:
    """Return the length in seconds that the file states or FFmpeg estimates.

    It is 0 if there is neither, as in a recording made by a browser.
    """
    return max(0, container.duration or 0) / av.time_base


def _bytes(frame: av.AudioFrame) -> bytes:
    return bytes(frame.planes[0])[: frame.samples * BYTES_PER_SAMPLE]


def _stay_small() -> None:
    try:
        import resource  # noqa: PLC0415 - Windows does not have this module
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY_BYTES, _MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_MAX_CPU_S, _MAX_CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # the process writes to a pipe and to no file


def main() -> int:
    _stay_small()
    av.logging.set_level(None)
    try:
        for part in decode(float(sys.argv[1])):
            sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()
    except OverflowError:
        return TOO_LONG
    except (av.FFmpegError, EOFError, ValueError, MemoryError):
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
