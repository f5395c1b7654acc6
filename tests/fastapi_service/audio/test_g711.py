"""Telephone audio against libsndfile, which decodes it by itself."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from fastapi_service.audio import g711
from fastapi_service.audio.g711 import Law


@pytest.mark.parametrize(("law", "subtype"), [("mulaw", "ULAW"), ("alaw", "ALAW")])
def test_every_byte_is_decoded_as_libsndfile_does(law: Law, subtype: str) -> None:
    codes = bytes(range(256))
    expected, _ = soundfile.read(
        io.BytesIO(codes), dtype="int16", samplerate=8_000, channels=1, format="RAW", subtype=subtype
    )
    assert np.array_equal(np.frombuffer(g711.decode(codes, law), "<i2"), expected)
