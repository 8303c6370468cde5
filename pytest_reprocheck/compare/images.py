"""Comparator for pictures: exact, by pixels."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_reprocheck.compare.judging import Context, Judgement
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.values import Image

Frames = list[npt.NDArray[Any]]
"""Height x width x RGBA for each picture of an animation; one for any other image."""

_MAX_FRAMES = 1_000


def compare_images(a: Image, b: Image, context: Context) -> Judgement | None:
    """None when the encoded bytes are equal."""
    if a.digest == b.digest:
        return None
    a_frames, b_frames = _frames(a, context.a_blobs), _frames(b, context.b_blobs)
    if a_frames is None or b_frames is None:
        missing = a.blob is None or b.blob is None
        note = f"{'too large to keep' if missing else 'cannot be decoded'}: compared by digest"
        return _judged(Sameness.DIFFERENT, a.mime, b.mime, note)
    shown = _told(a_frames), _told(b_frames)
    if [frame.shape for frame in a_frames] != [frame.shape for frame in b_frames]:
        return _judged(Sameness.DIFFERENT, *shown, "size differs")
    pairs = zip(a_frames, b_frames, strict=True)
    changes = [np.abs(x.astype(np.int16) - y.astype(np.int16)).max(axis=2, initial=0) for x, y in pairs]
    count = sum(int(np.count_nonzero(change)) for change in changes)
    if not count:
        return _judged(Sameness.NORMALISED, *shown, "pixel-identical")
    size = sum(change.size for change in changes)
    largest = max(int(change.max(initial=0)) for change in changes)
    note = f"{count} of {size} pixels differ ({_percent(count, size)}), largest channel difference {largest} of 255"
    return _judged(Sameness.DIFFERENT, *shown, note)


def _judged(sameness: Sameness, a: str, b: str, note: str) -> Judgement:
    return Judgement(sameness=sameness, a=a, b=b, note=note, parts=("pixels",))


def _percent(count: int, size: int) -> str:
    """Never 0 % where something differs, nor 100 % where something is equal."""
    share = 100 * count / size
    if share < 0.01:
        return "< 0.01 %"
    return "> 99.99 %" if count < size and share > 99.99 else f"{share:.2f} %"


def _told(frames: Frames) -> str:
    size = f"{frames[0].shape[1]}x{frames[0].shape[0]} image" if frames else "empty image"
    return size if len(frames) < 2 else f"{size} of {len(frames)} frames"


def _frames(image: Image, blobs: Path | None) -> Frames | None:
    """None when the data are gone or no picture that can be decoded."""
    from PIL import Image as Pillow
    from PIL import ImageSequence

    if image.blob is None or blobs is None:
        return None
    try:
        with warnings.catch_warnings():
            # Pillow warns of pictures so large that they might be an attack; these are the user's own.
            warnings.simplefilter("ignore", Pillow.DecompressionBombWarning)
            with Pillow.open(blobs / image.blob) as picture:
                if getattr(picture, "n_frames", 1) > _MAX_FRAMES:
                    return None
                return [np.asarray(frame.convert("RGBA")) for frame in ImageSequence.Iterator(picture)]
    except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError):
        # Pillow has no error of its own for broken files: its decoders raise these.
        return None
