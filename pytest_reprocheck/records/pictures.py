"""Pictures as records keep them: a digest of the pixels, and for each tile four that survive rounding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_reprocheck.records.numbers import short_digest

_TILES = 8
"""Of a picture, in each direction."""
_STEP = 4
"""Levels of a channel, of 255, that are taken together. A level that rounding moves by one passes a boundary of one of
as many ways to take them together, so that of a few moved pixels one digest of their tile stays the same; a pixel that
changes by more moves all."""
_MOST_FRAMES = 8
"""Of an animation, that are told apart."""


def pixels_digest(frames: Sequence[npt.NDArray[Any]]) -> str:
    """Of what is seen, however it is encoded."""
    return short_digest(*(part for frame in frames for part in (str(frame.shape), _seen(frame).tobytes())))


def tile_codes(frames: Sequence[npt.NDArray[Any]]) -> tuple[str, ...]:
    """For each tile of each picture four digests, which ``same_tile`` compares; one where pixels are no colours."""
    codes = [code for frame in frames[:_MOST_FRAMES] for code in _codes(_seen(frame))]
    rest = [pixels_digest(frames[_MOST_FRAMES:])] if len(frames) > _MOST_FRAMES else []
    return (*codes, *rest)


def same_tile(a: str, b: str) -> bool:
    """Whether two tiles differ by rounding at most."""
    return a == b or any(one == other for one, other in zip(a.split(), b.split(), strict=False))


def _seen(frame: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """What is fully transparent has no colour."""
    if frame.shape[2] != 4:
        return np.ascontiguousarray(frame)
    seen: npt.NDArray[Any] = np.where(frame[..., 3:] == 0, 0, frame).astype(np.uint8)
    return seen


def _codes(frame: npt.NDArray[Any]) -> list[str]:
    if frame.shape[2] != 4:
        return [short_digest(frame.tobytes())]
    tiles = [
        tile.astype(np.int16) for rows in np.array_split(frame, _TILES) for tile in np.array_split(rows, _TILES, axis=1)
    ]
    return [
        " ".join(short_digest(((tile + offset) // _STEP).tobytes(), size=2) for offset in range(_STEP))
        for tile in tiles
    ]
