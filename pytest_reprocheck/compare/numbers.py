"""Closeness of floats, as ``torch.testing.assert_close`` has it by dtype."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_reprocheck.core.tolerance import Tolerance

_BY_SIZE = {2: (1e-3, 1e-5), 4: (1.3e-6, 1e-5), 8: (1e-7, 1e-7)}
"""Bytes of a real number -> (rtol, atol)."""


def limits(dtype: str, tolerance: Tolerance) -> tuple[float, float]:
    """(rtol, atol) for a dtype, unless the user said otherwise."""
    resolved = np.dtype(dtype)
    size = resolved.itemsize // 2 if resolved.kind == "c" else resolved.itemsize
    rtol, atol = _BY_SIZE.get(size, _BY_SIZE[8])
    return (
        rtol if tolerance.rtol is None else tolerance.rtol,
        atol if tolerance.atol is None else tolerance.atol,
    )


def close(a: float, b: float, dtype: str, tolerance: Tolerance) -> bool:
    """Whether two floats count as the same; NaN equals NaN."""
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    if math.isinf(a) or math.isinf(b):
        return a == b
    rtol, atol = limits(dtype, tolerance)
    return abs(a - b) <= atol + rtol * max(abs(a), abs(b))


def far_apart(a: npt.NDArray[Any], b: npt.NDArray[Any], tolerance: Tolerance) -> npt.NDArray[np.bool_]:
    """Where two float or complex arrays of one shape differ beyond tolerance.

    Besides the usual rule, a change is small when it is small against the largest value of the array: where values
    cancel, their own size says nothing about the rounding errors of what they were computed from.
    """
    rtol, atol = limits(a.dtype.str, tolerance)
    with np.errstate(invalid="ignore", over="ignore"):
        size_a, size_b = np.abs(a), np.abs(b)
        finite = np.isfinite(size_a) & np.isfinite(size_b)
        scale = max(size_a[finite].max(initial=0), size_b[finite].max(initial=0))
        allowed = np.maximum(atol + rtol * np.maximum(size_a, size_b), rtol * scale)
        near = np.where(finite, np.abs(a - b) <= allowed, a == b)
    both_nan = np.isnan(a) & np.isnan(b)
    result: npt.NDArray[np.bool_] = ~(near | both_nan)
    return result
