"""Numbers as records keep them: rounded where they may be shown, and as digests that survive noise."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

DIGITS = 9
"""Digits of shown numbers; tolerances are looked at with an error of one in the last."""
_IN_A_LINE = 8
_GRID_DIGITS = {8: 6, 16: 6, 4: 5, 2: 3}
"""By the size of a float: digits that survive its tolerance."""
_OFFSET = 0.3183
"""Where digits are cut: people's own numbers, which have few decimals, never lie there."""
_NOTHING = 1e-9
"""Numbers that are smaller, relative to the largest of their array, are what is left where others cancel."""


def short_digest(*parts: str | bytes, size: int = 8) -> str:
    """The same on every machine; ``size`` bytes."""
    hasher = hashlib.blake2b(digest_size=size)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        hasher.update(b"%d:" % len(data))
        hasher.update(data)
    return hasher.hexdigest()


def shown(number: float | int) -> str:
    """A number with 9 digits; integers and truth values whole."""
    return str(int(number)) if isinstance(number, (bool, int, np.integer, np.bool_)) else f"{number:.{DIGITS}g}"


def lines(numbers: Sequence[Any]) -> tuple[str, ...]:
    """Numbers, several in a line."""
    texts = [shown(number) for number in numbers]
    return tuple(" ".join(texts[first : first + _IN_A_LINE]) for first in range(0, len(texts), _IN_A_LINE))


def read_lines(kept: Sequence[str]) -> npt.NDArray[np.float64]:
    """The numbers again; raises ValueError for what is no number."""
    return np.array([float(word) for line in kept for word in line.split()], dtype=np.float64)


def grids(numbers: npt.NDArray[Any]) -> tuple[str, ...]:
    """Two digests of an array, rounded in two ways; one for integers, which are exact.

    A number that noise moves over a boundary of the one is far from those of the other, so of equal arrays one
    digest is equal.
    """
    shape = str(numbers.shape)
    if numbers.dtype.kind in "iub":
        return (short_digest(shape, np.ascontiguousarray(numbers.astype("<i8", copy=False)).tobytes()),)
    size = numbers.dtype.itemsize if numbers.dtype.kind == "f" else 8
    values = numbers.reshape(-1).astype(np.float64)
    finite = np.isfinite(values)
    kinds = np.where(finite, 0, np.where(np.isnan(values), 1, np.where(values > 0, 2, 3))).astype("u1")
    values = np.where(finite, values, 0.0)
    largest = float(np.abs(values).max(initial=0.0))
    values = np.where(np.abs(values) <= _NOTHING * largest, 0.0, values)
    digits = _GRID_DIGITS.get(size, 6)
    exponents = np.floor(np.log10(np.where(values == 0, 1.0, np.abs(values))))
    with np.errstate(all="ignore"):
        scaled = values / 10.0**exponents * 10.0 ** (digits - 1)
    return (
        _grid(shape, kinds, np.floor(np.abs(scaled) + _OFFSET) * np.sign(scaled), exponents, digits),
        _grid(shape, kinds, np.floor(np.abs(scaled) + _OFFSET + 0.5) * np.sign(scaled), exponents, digits),
    )


def _grid(
    shape: str, kinds: npt.NDArray[Any], rounded: npt.NDArray[Any], exponents: npt.NDArray[Any], digits: int
) -> str:
    """A number that was rounded up to the next power of ten is that power."""
    over = np.abs(rounded) >= 10.0**digits
    mantissas = np.where(over, rounded / 10.0, rounded).astype("<i8")
    powers = np.where(over, exponents + 1, exponents).astype("<i2")
    return short_digest(shape, kinds.tobytes(), mantissas.tobytes(), powers.tobytes())
