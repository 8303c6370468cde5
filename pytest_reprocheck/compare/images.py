"""Comparator for pictures: by pixels, with how much differs and where."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_reprocheck.compare.judging import Context, Judgement
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.values import Image

Frames = list[npt.NDArray[Any]]
"""Height x width x channels for each picture of an animation; one for any other image.

The channels are RGBA, or the one of a picture with more than 8 bits.
"""

_MAX_FRAMES = 1_000
_MAX_PIXELS = 400_000_000
"""Of all frames together: more would not fit into memory side by side."""
_ROUNDING = 1
"""Largest change of a channel, of 255, that is put down to rounding: a line whose place is off by the last digit of a
float."""
_LOSSY_ROUNDING = 4
"""The same after a lossy format has spread it over a block."""
_LOSSY = frozenset({"image/jpeg", "image/webp", "image/avif"})


def compare_images(a: Image, b: Image, context: Context) -> Judgement | None:
    """None when the encoded bytes are equal."""
    if a.digest == b.digest:
        return None
    if a.mime != b.mime:
        return _judged(Sameness.DIFFERENT, a.mime, b.mime, f"type {a.mime} | {b.mime}")
    contents = blob_of(a, context.a_blobs), blob_of(b, context.b_blobs)
    if contents[0] is None or contents[1] is None:
        return _judged(Sameness.DIFFERENT, a.mime, b.mime, "too large to keep: compared by digest")
    return compare_pictures(contents[0], contents[1], a.mime)


def blob_of(image: Image, blobs: Path | None) -> bytes | None:
    """The encoded bytes; None when they were not kept or are gone."""
    if image.blob is None or blobs is None:
        return None
    try:
        return (blobs / image.blob).read_bytes()
    except OSError:
        return None


def compare_pictures(a: bytes, b: bytes, mime: str) -> Judgement | None:
    """How two encoded pictures of one type differ; None when their bytes are equal."""
    if a == b:
        return None
    a_frames, b_frames = frames_of(a), frames_of(b)
    if a_frames is None or b_frames is None:
        return _judged(Sameness.DIFFERENT, mime, mime, "cannot be decoded: compared by digest")
    shown = _told(a_frames), _told(b_frames)
    if [frame.shape for frame in a_frames] != [frame.shape for frame in b_frames]:
        return _judged(Sameness.DIFFERENT, *shown, "size differs")
    changes = [_change(x, y) for x, y in zip(a_frames, b_frames, strict=True)]
    largest = max((float(change.max(initial=0)) for change in changes), default=0.0)
    if not largest:
        return _judged(Sameness.NORMALISED, *shown, "pixel-identical")
    is_seen = all(frame.shape[2] == 4 for frame in a_frames)
    within = is_seen and largest <= (_LOSSY_ROUNDING if mime in _LOSSY else _ROUNDING)
    note = _measured(changes, largest, " of 255" if is_seen else "")
    return _judged(Sameness.TOLERANCE if within else Sameness.DIFFERENT, *shown, note)


def _change(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """For each pixel the largest change of a channel; what is fully transparent has no colour."""
    if a.shape[2] != 4:
        # Floats that are not the same bits are not the same: NaN is like NaN, and any other change is one at least.
        far = np.nan_to_num(np.abs(a.astype(np.float64) - b.astype(np.float64)), nan=1.0, posinf=np.inf)
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        grown: npt.NDArray[Any] = np.where(same, 0, np.maximum(far, 1)).max(axis=2, initial=0)
        return grown
    a, b = (frame.astype(np.int16) for frame in (a, b))
    change: npt.NDArray[Any] = np.abs(a - b).max(axis=2, initial=0)
    change[(a[..., 3] == 0) & (b[..., 3] == 0)] = 0
    return change


def _measured(changes: list[npt.NDArray[Any]], largest: float, scale: str) -> str:
    count = sum(int(np.count_nonzero(change)) for change in changes)
    size = sum(change.size for change in changes)
    places = [np.argwhere(change) for change in changes if change.any()]
    top, left = np.min([found.min(axis=0) for found in places], axis=0)
    bottom, right = np.max([found.max(axis=0) for found in places], axis=0)
    differing = [number for number, change in enumerate(changes) if change.any()]
    frames = f" of {len(differing)} of {len(changes)} frames" if len(changes) > 1 else ""
    return (
        f"{count} of {size} pixels differ ({_percent(count, size)}){frames},"
        f" largest channel difference {largest:g}{scale}, in x {left}-{right}, y {top}-{bottom}"
    )


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


def _pixels(frame: Any) -> npt.NDArray[Any]:
    """Colours as they are seen; a channel of more than 8 bits as it is, because colours would cut it."""
    if frame.mode[0] in "IF":
        return np.asarray(frame, dtype=np.float64)[..., np.newaxis]
    return np.asarray(frame.convert("RGBA"))


def frames_of(content: bytes) -> Frames | None:
    """The decoded pictures of a file; None when it is no picture that can be decoded."""
    from PIL import Image as Pillow
    from PIL import ImageSequence

    try:
        with warnings.catch_warnings():
            # Pillow warns of pictures so large that they might be an attack; these are the user's own.
            warnings.simplefilter("ignore", Pillow.DecompressionBombWarning)
            with Pillow.open(io.BytesIO(content)) as picture:
                count = getattr(picture, "n_frames", 1)
                if count > _MAX_FRAMES or count * picture.width * picture.height > _MAX_PIXELS:
                    return None
                return [_pixels(frame) for frame in ImageSequence.Iterator(picture)]
    except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError):
        # Pillow has no error of its own for broken files: its decoders raise these.
        return None
