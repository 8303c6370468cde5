"""Comparator for predictions: how many decisions flip, and by how much the numbers change."""

from __future__ import annotations

import numpy as np

from pytest_reprocheck.compare.arrays import AnyArray, compare_arrays, describe_array, differs, largest_change, load
from pytest_reprocheck.compare.judging import Context, Judgement
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.values import Array

_SCORES = ("predict_proba", "predict_log_proba", "decision_function")


def compare_predictions(a: Array, b: Array, context: Context) -> Judgement | None:
    """None when the predictions are equal; arrays of other shapes or types are compared as any arrays."""
    plain = compare_arrays(a, b, context)
    if plain is None or not plain.sameness.counts or a.shape != b.shape or a.dtype != b.dtype:
        return plain
    a_data, b_data = load(a, context.a_blobs), load(b, context.b_blobs)
    if a_data is None or b_data is None or not a_data.size:
        return plain
    method = context.what.rpartition(".")[2]
    flips = _flips(a_data, b_data, method)
    change = largest_change(a_data, b_data) if a_data.dtype.kind in "fc" else ""
    if flips is None:
        count = int(differs(a_data, b_data, context.tolerance).sum())
        note = f"{count} of {a_data.size} predictions differ, {change}{_relative(a_data, b_data)}"
        sameness = Sameness.DIFFERENT
    else:
        note = f"{flips} of {a_data.shape[0]} decisions flip" + (f", {change}" if change else "")
        sameness = Sameness.DIFFERENT if flips else Sameness.DECISIONS
    first = _first_change(a_data, b_data)
    shown = [describe_array(value, blobs) for value, blobs in ((a, context.a_blobs), (b, context.b_blobs))]
    return Judgement(sameness=sameness, a=shown[0], b=shown[1], note=note, details=(first,), parts=plain.parts)


def _flips(a: AnyArray, b: AnyArray, method: str) -> int | None:
    """Samples with another decision; None when the predictions are no decisions (regression)."""
    if method in _SCORES:
        if a.ndim == 2:
            return int((a.argmax(axis=1) != b.argmax(axis=1)).sum())
        return int(((a > 0) != (b > 0)).sum())
    if a.dtype.kind in "fc":
        return None
    changed = a != b
    return int(changed.reshape(a.shape[0], -1).any(axis=1).sum()) if a.ndim else int(changed)


def _relative(a: AnyArray, b: AnyArray) -> str:
    """The change against the spread of the predictions, where there is one."""
    if a.dtype.kind != "f" or a.size < 2:
        return ""
    spread = float(np.nanmax(a) - np.nanmin(a))
    change = float(np.nanmax(np.abs(a - b)))
    return f" ({change / spread:.2%} of their spread)" if spread > 0 and np.isfinite(change / spread) else ""


def _first_change(a: AnyArray, b: AnyArray) -> str:
    rows = np.flatnonzero((a != b).reshape(a.shape[0], -1).any(axis=1)) if a.ndim else np.array([0])
    if not rows.size:
        return ""
    row = int(rows[0])
    return f"sample {row}: {a[row] if a.ndim else a} | {b[row] if b.ndim else b}"
