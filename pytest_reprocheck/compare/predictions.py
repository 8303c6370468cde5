"""Comparator for predictions: how many decisions flip, and by how much the numbers change."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from pytest_reprocheck.compare.arrays import AnyArray, Pair, changes, compare_arrays, differs, largest_change, load
from pytest_reprocheck.compare.judging import Context, Judgement, cut, telling
from pytest_reprocheck.compare.orders import distinct_rows
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.values import Array

_SCORES = ("predict_proba", "predict_log_proba", "decision_function")


def compare_predictions(a: Array, b: Array, context: Context) -> Judgement | None:
    """None when the predictions are equal; arrays of other shapes or types are compared as any arrays."""
    plain = compare_arrays(a, b, context)
    if plain is None or not plain.sameness.counts or plain.parts != ("values",):
        return plain
    a_data, b_data = load(a, context.a_blobs), load(b, context.b_blobs)
    assert a_data is not None
    assert b_data is not None
    if not a_data.ndim or (plain.sameness is Sameness.ORDERING and _tells_rows(a_data)):
        return plain
    pair = Pair(a=a_data, b=b_data, reprs=a.dtype == "object")
    method = context.what.rpartition(".")[2]
    flips = _flips(pair, method)
    change = largest_change(pair) if a_data.dtype.kind in "fc" else ""
    if context.what.endswith("predict_proba"):
        change = change.replace("largest", "largest probability")
    if flips is None:
        count = int(differs(pair, context.tolerance).sum())
        # Scores and transformed samples are told as what they are.
        noun = "predictions" if "predict" in method else "values"
        note = f"{count:,} of {a_data.size:,} {noun} differ, {change}{_relative(pair)}".removesuffix(", ")
        return dataclasses.replace(plain, sameness=Sameness.DIFFERENT, note=note)
    count = int(flips.sum())
    note = f"{count:,} of {len(flips):,} decisions flip" + (f", {change}" if change else "")
    sameness = Sameness.DIFFERENT if count else Sameness.DECISIONS
    changed = flips if count else _rows_with(a_data != b_data)
    details = tuple(_sample(pair, row) for row in np.flatnonzero(changed)[:3])
    shown = telling((plain.a, plain.b), details)
    return dataclasses.replace(plain, sameness=sameness, a=shown[0], b=shown[1], note=note, details=details)


def _tells_rows(data: AnyArray) -> bool:
    """Whether the rows are so many different ones that a permutation is no chance: labels always look reordered."""
    return data.dtype.kind in "fc" and distinct_rows(data) * 2 > len(data)


def _flips(pair: Pair, method: str) -> npt.NDArray[np.bool_] | None:
    """For each sample whether its decision is another; None when the predictions are no decisions (regression)."""
    a, b = pair.a, pair.b
    if method in _SCORES and a.dtype.kind in "fiu":
        if a.ndim == 2 and a.shape[1] > 1:
            return np.asarray(a.argmax(axis=1) != b.argmax(axis=1))
        return _rows_with((a > 0) != (b > 0))
    if a.dtype.kind in "fc":
        return None
    return _rows_with(a != b)


def _rows_with(found: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    rows: npt.NDArray[np.bool_] = np.asarray(found.reshape(len(found), -1).any(axis=1), dtype=np.bool_)
    return rows


def _relative(pair: Pair) -> str:
    """The change against the spread of the predictions, where there is one."""
    change = changes(pair)
    finite = pair.a[np.isfinite(pair.a)] if pair.a.dtype.kind == "f" else pair.a[:0]
    if change is None or finite.size < 2:
        return ""
    spread = float(finite.max()) - float(finite.min())
    largest = float(change[np.isfinite(change)].max(initial=0))
    return f" ({largest / spread:.2%} of their spread)" if 0 < spread < np.inf else ""


def _sample(pair: Pair, row: np.intp) -> str:
    left, right = (cut(" ".join(str(side[row]).split()), 40) for side in (pair.a, pair.b))
    return f"[{row}]: {left} | {right}"
