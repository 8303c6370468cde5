"""Whether two tables have the same rows in another order."""

from __future__ import annotations

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


def distinct_rows(rows: npt.NDArray[Any]) -> int:
    """How many different rows a vector or matrix has."""
    return len(np.unique(rows.reshape(len(rows), -1), axis=0))


def _codes(left: npt.NDArray[Any], right: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    _values, codes = np.unique(np.concatenate([left, right]), return_inverse=True)
    return codes[: left.size], codes[left.size :]
