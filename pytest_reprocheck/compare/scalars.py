"""Comparator for single values: numbers within tolerance, everything else exactly."""

from __future__ import annotations

from pytest_reprocheck.compare.judging import Context, Judgement, cut, cut_pair
from pytest_reprocheck.compare.normalise import PLACES, apply_rules, normalise_pair
from pytest_reprocheck.compare.numbers import close
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.values import Scalar

_FLOATS = {
    "float": "<f8",
    "numpy.float64": "<f8",
    "numpy.float32": "<f4",
    "numpy.float16": "<f2",
    "numpy.longdouble": "<f8",
    "complex": "<c16",
    "numpy.complex128": "<c16",
    "numpy.complex64": "<c8",
}
_TIMES = frozenset({"container-time"})
"""Moments that a file's format notes beside what it holds, as gzip and zip do; the type is the normaliser's name."""


def compare_scalars(a: Scalar, b: Scalar, context: Context) -> Judgement | None:
    """None when both are the same."""
    if a.digest == b.digest:
        return None
    sameness, note = _judge(a, b, context)
    shown = cut_pair(a.text, b.text)
    return Judgement(sameness=sameness, a=shown[0], b=shown[1], note=note, parts=("all",))


def _judge(a: Scalar, b: Scalar, context: Context) -> tuple[Sameness, str]:
    if a.type != b.type:
        return Sameness.DIFFERENT, f"type {a.type} | {b.type}"
    if a.type in _TIMES:
        return Sameness.NORMALISED, a.type
    dtype = _FLOATS.get(a.type)
    if dtype is not None:
        try:
            same = close(complex(a.text), complex(b.text), dtype, context.tolerance)
        except ValueError:  # the log is as the subject's process left it
            same = False
        return (Sameness.TOLERANCE if same else Sameness.DIFFERENT), ""
    # Everything else exactly, but for where in memory or on the disk the run happened to be.
    a_text, b_text, given = apply_rules(a.text, b.text, context.rules)
    a_text, b_text, names = normalise_pair(a_text, b_text, (context.a_own, context.b_own), only=PLACES)
    if a_text == b_text and (given or names):
        return Sameness.NORMALISED, ", ".join(sorted({*given, *names}))
    return Sameness.DIFFERENT, ""


def describe_scalar(value: Scalar) -> str:
    """The value's repr, cut."""
    return cut(value.text)
