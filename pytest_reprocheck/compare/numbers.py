"""Closeness of floats, as ``torch.testing.assert_close`` has it by dtype."""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_reprocheck.core.tolerance import Tolerance

_BY_SIZE = {2: (1e-3, 1e-5), 4: (1.3e-6, 1e-5), 8: (1e-7, 1e-7)}
"""Bytes of a real number -> (rtol, atol)."""


_ROUNDING = 1e4
"""Units in the last place that sums and products of some thousand terms may be off by."""


def limits(dtype: str, tolerance: Tolerance) -> tuple[float, float]:
    """(rtol, atol) for a dtype, unless the user said otherwise."""
    resolved = np.dtype(dtype)
    size = resolved.itemsize // 2 if resolved.kind == "c" else resolved.itemsize
    rtol, atol = _BY_SIZE.get(size, _BY_SIZE[8])
    return (
        rtol if tolerance.rtol is None else tolerance.rtol,
        atol if tolerance.atol is None else tolerance.atol,
    )


def close(a: complex, b: complex, dtype: str, tolerance: Tolerance) -> bool:
    """Whether two floats or complex numbers count as the same; NaN equals NaN."""
    if cmath.isnan(a) or cmath.isnan(b):
        return cmath.isnan(a) and cmath.isnan(b)
    if cmath.isinf(a) or cmath.isinf(b):
        return a == b
    rtol, atol = limits(dtype, tolerance)
    return abs(a - b) <= atol + rtol * max(abs(a), abs(b))


def close_texts(a: str, b: str, tolerance: Tolerance) -> bool:
    """Whether two numbers in text count as the same: integers exactly, others within tolerance."""
    a, b = (text.replace("\N{MINUS SIGN}", "-") for text in (a, b))
    if a == b:
        return True
    if a.lstrip("+-").isdecimal() and b.lstrip("+-").isdecimal():
        return False
    x, y = float(a), float(b)
    # What is too large for a float was not read as the number it is: 1e400 is not 1e500.
    return math.isfinite(x) and math.isfinite(y) and close(x, y, "<f8", tolerance)


def far_apart(a: npt.NDArray[Any], b: npt.NDArray[Any], tolerance: Tolerance) -> npt.NDArray[np.bool_]:
    """Where two float or complex arrays of one shape differ beyond tolerance.

    Besides the usual rule, a change is small when it is of the size of rounding errors of the largest value beside it:
    where values cancel, their own size says nothing about the errors of what they were computed from. What stands
    beside a value of a matrix is its column: a column of dates must not make a column of ages seem unchanged.
    """
    rtol, atol = limits(a.dtype.str, tolerance)
    rounding = min(rtol, _ROUNDING * float(np.finfo(a.dtype).eps))
    wide = np.complex128 if a.dtype.kind == "c" else np.float64
    if a.dtype.itemsize < np.dtype(wide).itemsize:
        a, b = a.astype(wide), b.astype(wide)
    with np.errstate(invalid="ignore", over="ignore"):
        size = np.maximum(np.abs(a), np.abs(b))
        finite = np.isfinite(size)
        column = 0 if a.ndim == 2 and a.shape[0] > 1 else None
        scale = np.where(finite, size, 0).max(axis=column, initial=0)
        allowed = np.maximum(atol + rtol * size, rounding * scale)
        near = np.where(finite, np.abs(a - b) <= allowed, a == b)
    both_nan = np.isnan(a) & np.isnan(b)
    result: npt.NDArray[np.bool_] = ~(near | both_nan)
    return result
