"""Comparing pictures of the page across machines whose fonts differ."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).parents[1] / "pictures"
_BLUR_PX = 24
"""A picture is compared as means of squares of this size: letters are a grey there, colours and places remain."""
_MEAN_DIFFERENCE = 6.0
"""Of 255, over the whole picture."""
_OFF, _SHARE_OFF = 48.0, 0.03
"""A square is off by so much of 255 in one colour; so many squares of all may be."""
_BOX_PX = 14.0
"""By how much an edge of a box may be elsewhere: a font with other heights moves what is below it."""


def check_picture(name: str, png: bytes, boxes: dict[str, list[float]]) -> None:
    """Compare with what is stored under `name`; WTA_UPDATE_PICTURES=1 stores instead.

    Args:
        boxes: x, y, width, height of what must stand where it stood, by name.

    Raises AssertionError with what is elsewhere or looks otherwise.
    """
    picture, layout = FOLDER / f"{name}.png", FOLDER / f"{name}.json"
    if os.environ.get("WTA_UPDATE_PICTURES"):
        FOLDER.mkdir(exist_ok=True)
        picture.write_bytes(png)
        layout.write_text(json.dumps(boxes, indent=1) + "\n", encoding="utf-8")
    moved = _moved(json.loads(layout.read_text(encoding="utf-8")), boxes)
    assert not moved, f"{name}: elsewhere: {moved}"
    difference = _difference(picture.read_bytes(), png)
    assert difference is None, f"{name}: {difference}; is it meant? WTA_UPDATE_PICTURES=1"


def _moved(stored: dict[str, list[float]], found: dict[str, list[float]]) -> dict[str, Any]:
    if stored.keys() != found.keys():
        return {"not in both": sorted(stored.keys() ^ found.keys())}
    far = {name: max(abs(a - b) for a, b in zip(stored[name], found[name], strict=True)) for name in stored}
    return {name: (stored[name], found[name]) for name, px in far.items() if px > _BOX_PX}


def _difference(stored: bytes, found: bytes) -> str | None:
    one, other = _blurred(stored), _blurred(found)
    if one.shape != other.shape:
        return f"another size: {one.shape}, {other.shape}"
    apart = np.abs(one - other)
    off = float((apart.max(axis=2) > _OFF).mean())
    if apart.mean() > _MEAN_DIFFERENCE or off > _SHARE_OFF:
        return f"mean difference {apart.mean():.1f} of 255, {off:.1%} of it off by more than {_OFF:.0f}"
    return None


def _blurred(png: bytes) -> NDArray[np.float64]:
    """PNG → mean colours [rows, columns, 3] of squares of `_BLUR_PX`; what is left at the edges is cut off."""
    with av.open(io.BytesIO(png)) as container:
        pixels = next(container.decode(video=0)).to_ndarray(format="rgb24").astype(float)
    rows, columns = (size // _BLUR_PX for size in pixels.shape[:2])
    whole = pixels[: rows * _BLUR_PX, : columns * _BLUR_PX]
    return whole.reshape(rows, _BLUR_PX, columns, _BLUR_PX, 3).mean(axis=(1, 3))
