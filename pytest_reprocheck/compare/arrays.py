"""Comparator for arrays: values, order and type apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_reprocheck.compare.judging import Context, Judgement, cut
from pytest_reprocheck.compare.numbers import far_apart
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.tolerance import Tolerance
from pytest_reprocheck.core.values import Array

AnyArray = npt.NDArray[Any]
DIGEST_ONLY = "too large to keep: compared by digest"
_SHOWN = 4


def load(value: Array, blobs: Path) -> AnyArray | None:
    """The array's data; object arrays as arrays of reprs; None when it was too large to keep or is gone."""
    path = blobs / value.blob if value.blob is not None else None
    if path is None or not path.is_file():
        return None
    if path.suffix == ".json":
        return np.array(json.loads(path.read_text(encoding="utf-8")), dtype=np.str_).reshape(value.shape)
    data: AnyArray = np.load(path, allow_pickle=False)
    return data.reshape(value.shape)


def compare_arrays(a: Array, b: Array, context: Context) -> Judgement | None:
    """None when the arrays are equal."""
    if a.digest == b.digest:
        return None
    a_data, b_data = load(a, context.a_blobs), load(b, context.b_blobs)
    shown_a, shown_b = describe_array(a, context.a_blobs), describe_array(b, context.b_blobs)
    if a.shape != b.shape:
        note = f"shape {_shape(a)} | {_shape(b)}"
        return Judgement(sameness=Sameness.DIFFERENT, a=shown_a, b=shown_b, note=note, parts=("shape",))
    if a_data is None or b_data is None:
        return Judgement(sameness=Sameness.DIFFERENT, a=shown_a, b=shown_b, note=DIGEST_ONLY, parts=("digest",))
    if a.dtype != b.dtype:
        note = f"dtype {a.dtype} | {b.dtype}"
        return Judgement(sameness=Sameness.DIFFERENT, a=shown_a, b=shown_b, note=note, parts=("dtype",))
    sameness, note = judge_data(a_data, b_data, context.tolerance)
    return Judgement(sameness=sameness, a=shown_a, b=shown_b, note=note, parts=("values",))


def judge_data(a: AnyArray, b: AnyArray, tolerance: Tolerance) -> tuple[Sameness, str]:
    """How two arrays of one shape and dtype differ."""
    differing = differs(a, b, tolerance)
    count = int(differing.sum())
    if not count:
        return Sameness.TOLERANCE, largest_change(a, b)
    if order := _reordered(a, b):
        return Sameness.ORDERING, order
    where = np.unravel_index(int(np.argmax(differing)), differing.shape)
    place = ", ".join(str(index) for index in where)
    note = f"{count} of {differing.size} values differ, first at [{place}]"
    change = largest_change(a, b)
    return Sameness.DIFFERENT, f"{note}, {change}" if change else note


def differs(a: AnyArray, b: AnyArray, tolerance: Tolerance) -> npt.NDArray[np.bool_]:
    """Where two arrays of one shape and dtype differ beyond tolerance."""
    if a.dtype.names is not None:
        fields = [differs(a[name], b[name], tolerance) for name in a.dtype.names]
        flat = [field.reshape(*a.shape, -1).any(axis=-1) if field.shape != a.shape else field for field in fields]
        merged: npt.NDArray[np.bool_] = np.logical_or.reduce(flat)
        return merged
    if a.dtype.kind in "fc":
        return far_apart(a, b, tolerance)
    unequal: npt.NDArray[np.bool_] = np.asarray(a != b, dtype=np.bool_)
    if a.dtype.kind in "mM":
        unequal &= ~(np.isnat(a) & np.isnat(b))
    return unequal


def largest_change(a: AnyArray, b: AnyArray) -> str:
    """``largest change 0.31``; empty for what is no number."""
    if a.dtype.kind not in "fciu" or not a.size:
        return ""
    with np.errstate(invalid="ignore", over="ignore"):
        change = np.abs(a.astype(np.complex128 if a.dtype.kind == "c" else np.float64) - b)
    finite = change[np.isfinite(change)]
    return f"largest change {finite.max():.3g}" if finite.size else ""


def _reordered(a: AnyArray, b: AnyArray) -> str:
    """Which order differs, when nothing else does."""
    if a.dtype.names is not None or a.size < 2:
        return ""
    if a.ndim == 1:
        return "elements reordered" if np.array_equal(np.sort(a), np.sort(b), equal_nan=a.dtype.kind in "fc") else ""
    if a.ndim != 2:
        return ""
    if np.array_equal(_sorted_rows(a), _sorted_rows(b)):
        return "rows reordered"
    return "columns reordered" if np.array_equal(_sorted_rows(a.T), _sorted_rows(b.T)) else ""


def _sorted_rows(data: AnyArray) -> AnyArray:
    return data[np.lexsort(data.T[::-1])]


def describe_array(value: Array, blobs: Path) -> str:
    """The first elements, shape and dtype in one line."""
    size = "x".join(str(length) for length in value.shape) or "scalar"
    kind = _dtype_name(value.dtype)
    data = load(value, blobs)
    if data is None:
        return f"({size} {kind})"
    elements = [_element(item) for item in data.reshape(-1)[:_SHOWN]]
    more = ", ..." if data.size > _SHOWN else ""
    return cut(f"[{', '.join(elements)}{more}] ({size} {kind})")


def _element(item: Any) -> str:
    if isinstance(item, (float, np.floating)):
        return f"{item:.6g}"
    if isinstance(item, np.str_):
        return str(item)
    return repr(item.item()) if isinstance(item, np.generic) and item.dtype.names is None else str(item)


def _dtype_name(dtype: str) -> str:
    if dtype == "object":
        return dtype
    return "record" if dtype.startswith("[") else np.dtype(dtype).name


def _shape(value: Array) -> str:
    return "x".join(str(length) for length in value.shape) or "scalar"
