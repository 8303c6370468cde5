"""Whether two tables have the same rows in another order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Columns = Sequence[tuple[npt.NDArray[Any], npt.NDArray[Any]]]
"""For each column its values in A and in B."""


def same_rows(columns: Columns) -> bool:
    """Whether both sides have the same rows, each as often, in whatever order; NaN is like NaN."""
    if not columns:
        return False
    # Values become their rank among the values of both sides, so that columns of any type sort together.
    a_codes, b_codes = zip(*(_codes(left, right) for left, right in columns), strict=True)
    a_rows, b_rows = np.array(a_codes), np.array(b_codes)
    return np.array_equal(a_rows[:, np.lexsort(a_rows)], b_rows[:, np.lexsort(b_rows)])


def permuted_rows(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> bool:
    """Whether two arrays of one shape have the same rows, as ``same_rows``; for many columns of one type."""
    a_codes, b_codes = (codes.reshape(len(a), -1) for codes in _codes(a.reshape(-1), b.reshape(-1)))
    if not np.array_equal(np.sort(a_codes, axis=None), np.sort(b_codes, axis=None)):
        return False
    counts = [Counter(row.tobytes() for row in codes) for codes in (a_codes, b_codes)]
    return counts[0] == counts[1]


def distinct_rows(rows: npt.NDArray[Any]) -> int:
    """How many different rows a vector or matrix has."""
    return len(np.unique(rows.reshape(len(rows), -1), axis=0))


def _codes(left: npt.NDArray[Any], right: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    _values, codes = np.unique(np.concatenate([left, right]), return_inverse=True)
    return codes[: left.size], codes[left.size :]
