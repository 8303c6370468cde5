"""Comparator for pictures: exact, by pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_reprocheck.compare.judging import Context, Judgement
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.values import Image


def compare_images(a: Image, b: Image, context: Context) -> Judgement | None:
    """None when the encoded bytes are equal."""
    if a.digest == b.digest:
        return None
    a_pixels, b_pixels = _pixels(a, context.a_blobs), _pixels(b, context.b_blobs)
    if a_pixels is None or b_pixels is None:
        return _judged(Sameness.DIFFERENT, a.mime, b.mime, "cannot be decoded: compared by bytes")
    shown = [f"{pixels.shape[1]}x{pixels.shape[0]} image" for pixels in (a_pixels, b_pixels)]
    if a_pixels.shape != b_pixels.shape:
        return _judged(Sameness.DIFFERENT, shown[0], shown[1], "size differs")
    change = np.abs(a_pixels.astype(np.int16) - b_pixels.astype(np.int16)).max(axis=2)
    count = int(np.count_nonzero(change))
    if not count:
        return _judged(Sameness.NORMALISED, shown[0], shown[1], "pixel-identical")
    note = f"{count} of {change.size} pixels differ ({count / change.size:.2%}), by up to {int(change.max())} of 255"
    return _judged(Sameness.DIFFERENT, shown[0], shown[1], note)


def _judged(sameness: Sameness, a: str, b: str, note: str) -> Judgement:
    return Judgement(sameness=sameness, a=a, b=b, note=note, parts=("pixels",))


def _pixels(image: Image, blobs: Path) -> npt.NDArray[Any] | None:
    """Height x width x RGBA; None when the data are gone or no picture."""
    from PIL import Image as Pillow
    from PIL import UnidentifiedImageError

    if image.blob is None:
        return None
    try:
        with Pillow.open(blobs / image.blob) as picture:
            return np.asarray(picture.convert("RGBA"))
    except (OSError, UnidentifiedImageError):
        return None
