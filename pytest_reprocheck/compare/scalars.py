"""Comparator for single values: numbers within tolerance, everything else exactly."""

from __future__ import annotations

from pytest_reprocheck.compare.judging import Context, Judgement, cut, cut_pair
from pytest_reprocheck.compare.numbers import close
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.values import Scalar

_FLOATS = {
    "float": "<f8",
    "numpy.float64": "<f8",
    "numpy.float32": "<f4",
    "numpy.float16": "<f2",
    "numpy.longdouble": "<f8",
}


def compare_scalars(a: Scalar, b: Scalar, context: Context) -> Judgement | None:
    """None when both are the same."""
    if a.digest == b.digest:
        return None
    shown = cut_pair(a.text, b.text)
    if a.type != b.type:
        note = f"type {a.type} | {b.type}"
        return Judgement(sameness=Sameness.DIFFERENT, a=shown[0], b=shown[1], note=note, parts=("all",))
    dtype = _FLOATS.get(a.type)
    same = dtype is not None and close(float(a.text), float(b.text), dtype, context.tolerance)
    sameness = Sameness.TOLERANCE if same else Sameness.DIFFERENT
    return Judgement(sameness=sameness, a=shown[0], b=shown[1], parts=("all",))


def describe_scalar(value: Scalar) -> str:
    """The value's repr, cut."""
    return cut(value.text)
