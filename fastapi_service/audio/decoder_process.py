"""`python -m fastapi_service.audio.decoder_process SECONDS <IN >OUT` writes a file's length, then its audio as PCM16.

The audio is at 16 kHz, mono; the length is packed as `file_decoder.LENGTH`. SECONDS is how much audio is allowed.
How many seconds could not be read comes last, on standard error, packed likewise.
Each file has a decoder process of its own: strangers' files go through FFmpeg's parsers, and a crash or an endless
loop there must not stop the web service. The process locks itself in (sandbox.py) before it reads the first byte, and
has no environment. Standard input is a file, so that the decoder can seek in it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import av
import av.subtitles.stream  # PyAV itself imports it with the first file, when this process is locked in

from fastapi_service.audio.file_decoder import LENGTH, TOO_LONG
from fastapi_service.audio.formats import FORMATS
from fastapi_service.audio.sandbox import lock_in
from fastapi_service.audio.tolerant_decoder import TolerantDecoder
from wta.audio_format import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ

_MAX_MEMORY_BYTES = 1 << 30
_MAX_CPU_S = 600
_NICE = 10
"""Whoever speaks comes first: their audio is worked on by the service itself."""


def decode(longest_s: float) -> Iterator[bytes]:
    """Yield the packed length of standard input, then its audio as PCM16, 16 kHz mono.

    Raises av.FFmpegError if it cannot be opened, EOFError if (nearly) nothing of it can be decoded, and OverflowError
    if it has more than `longest_s` seconds.
    """
    options = {"format_whitelist": FORMATS, "protocol_whitelist": "none"}
    left = round(longest_s * SAMPLE_RATE_HZ) * BYTES_PER_SAMPLE
    with av.open(sys.stdin.buffer, mode="r", options=options, metadata_errors="ignore") as container:
        if not container.streams.audio:
            raise EOFError
        decoder = TolerantDecoder(container)
        yield LENGTH.pack(decoder.length_s)
        for part in decoder.pcm16():
            left -= len(part)
            yield part
            if left < 0:
                raise OverflowError
        if not decoder.is_readable:
            raise EOFError
        sys.stderr.buffer.write(LENGTH.pack(decoder.unread_s))
        sys.stderr.buffer.flush()


def _stay_small() -> None:
    try:
        import resource  # noqa: PLC0415 - Windows does not have this module
    except ImportError:
        return
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY_BYTES, _MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_MAX_CPU_S, _MAX_CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # the process writes to pipes and to no file


def main() -> int:
    _stay_small()
    av.logging.set_level(None)
    lock_in()
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
