"""Comparator for arrays: values, order and type apart."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_reprocheck.compare.judging import DETAILS, SHORT, Context, Judgement, cut, telling
from pytest_reprocheck.compare.normalise import PLACES, Own, apply_rules, normalise_pair
from pytest_reprocheck.compare.numbers import close, far_apart
from pytest_reprocheck.compare.orders import permuted_rows
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.rules import FieldRule
from pytest_reprocheck.core.tolerance import Tolerance
from pytest_reprocheck.core.values import Array, block_length

AnyArray = npt.NDArray[Any]
TOO_LARGE = "values too large to keep: compared by digest"
GONE = "values not at hand: compared by digest"
_SHOWN = 4
_TEXT = "US"
_FLOAT = re.compile(r"-?(?:\d+\.\d*(?:e[-+]?\d+)?|\d+e[-+]?\d+|inf|nan)\Z")


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """The data of two arrays of one shape and a comparable type."""

    a: AnyArray
    b: AnyArray
    reprs: bool = False
    """Whether the elements stand for Python objects, each as its repr."""
    own: tuple[Own, Own] = (Own(), Own())
    """The runs' copies of the project."""
    rules: tuple[FieldRule, ...] = ()
    """The user's own normalisers."""


def load(value: Array, blobs: Path | None) -> AnyArray | None:
    """The array's data; object arrays as arrays of reprs; None when it was too large to keep, is gone or broken."""
    if value.blob is None or blobs is None:
        return None
    path = blobs / value.blob
    try:
        if path.suffix == ".json":
            return np.array(json.loads(path.read_text(encoding="utf-8")), dtype=object).reshape(value.shape)
        data: AnyArray = np.load(path, allow_pickle=False)
        return data.reshape(value.shape)
    except (OSError, ValueError, EOFError):
        return None


def why_gone(a: Array, b: Array) -> str:
    """Why the data of at least one of two arrays are not there."""
    return TOO_LARGE if a.blob is None or b.blob is None else GONE


def compare_arrays(a: Array, b: Array, context: Context) -> Judgement | None:
    """None when the arrays are equal."""
    if a.digest == b.digest:
        return None
    a_data, b_data = load(a, context.a_blobs), load(b, context.b_blobs)
    shown = describe_array(a, a_data), describe_array(b, b_data)

    def judged(sameness: Sameness, note: str, part: str, details: tuple[str, ...] = ()) -> Judgement:
        left, right = telling(shown, details)
        return Judgement(sameness=sameness, a=left, b=right, note=note, details=details, parts=(part,))

    if a.shape != b.shape:
        return judged(Sameness.DIFFERENT, f"shape {_shape(a)} | {_shape(b)}", "shape")
    if not same_type(a, b):
        note = f"dtype {_dtype_name(a.dtype)} | {_dtype_name(b.dtype)}"
        equal = a_data is not None and b_data is not None and _equal_numbers(a_data, b_data)
        return judged(Sameness.DIFFERENT, f"{note}, equal values" if equal else note, "dtype")
    if a_data is None or b_data is None:
        return judged(*judge_digests(a, b), "digest")
    pair = Pair(a=a_data, b=b_data, reprs=a.dtype == "object", own=(context.a_own, context.b_own), rules=context.rules)
    sameness, note = judge_data(pair, context.tolerance)
    details = changed_elements(pair, differs(pair, context.tolerance)) if sameness is Sameness.DIFFERENT else ()
    return judged(sameness, note, "values", details)


def judge_digests(a: Array, b: Array) -> tuple[Sameness, str]:
    """How two arrays of one shape and type differ of which only digests are there: another order, or in which rows."""
    if len(a.shape) > 1 and a.rows_digest is not None and a.rows_digest == b.rows_digest:
        return Sameness.ORDERING, f"rows reordered{_in_blocks(a, b)}"
    if a.unordered is not None and a.unordered == b.unordered:
        if len(a.shape) == 1:
            return Sameness.ORDERING, f"elements reordered{_in_blocks(a, b)}"
        return Sameness.DIFFERENT, f"the same elements in other places{_in_blocks(a, b)}"
    where = _in_blocks(a, b)
    return Sameness.DIFFERENT, f"values differ{where}: {why_gone(a, b)}" if where else why_gone(a, b)


def _in_blocks(a: Array, b: Array) -> str:
    """`` in rows 1,024 to 2,047``: from the first differing block to the last; empty where that is all or unknown."""
    if not a.blocks or len(a.blocks) != len(b.blocks):
        return ""
    apart = [number for number, pair in enumerate(zip(a.blocks, b.blocks, strict=True)) if pair[0] != pair[1]]
    if not apart:
        return ""
    length = block_length(a.shape)
    last = min((apart[-1] + 1) * length, a.shape[0]) - 1
    if not apart[0] and last == a.shape[0] - 1:
        return ""
    return f" in rows {apart[0] * length:,} to {last:,}"


def same_type(a: Array, b: Array) -> bool:
    """Whether elements can be compared; the width of strings follows from the longest one and is no type."""
    if a.dtype == b.dtype:
        return True
    kinds = {re.sub(r"\d+\Z", "", dtype) for dtype in (a.dtype, b.dtype)}
    return len(kinds) == 1 and kinds.pop()[-1:] in _TEXT


def _equal_numbers(a: AnyArray, b: AnyArray) -> bool:
    numbers = "biufc"
    if a.dtype.kind not in numbers or b.dtype.kind not in numbers:
        return False
    return np.array_equal(a, b, equal_nan=True)


def judge_data(pair: Pair, tolerance: Tolerance) -> tuple[Sameness, str]:
    """How two arrays of one shape and type differ."""
    differing = differs(pair, tolerance)
    count = int(differing.sum())
    change = largest_change(pair)
    if not count:
        return judge_equal(pair, change)
    if order := _reordered(pair, tolerance):
        return Sameness.ORDERING, order
    where = ", ".join(map(str, np.unravel_index(int(np.argmax(differing)), differing.shape)))
    note = f"{count:,} of {differing.size:,} values differ, first at [{where}]"
    return Sameness.DIFFERENT, f"{note}, {change}" if change else note


def judge_equal(pair: Pair, change: str = "") -> tuple[Sameness, str]:
    """How two arrays without a differing element, but with different digests, differ all the same."""
    if not pair.reprs and pair.a.dtype.kind not in _TEXT:
        return Sameness.TOLERANCE, change
    unequal = np.asarray(pair.a != pair.b, dtype=np.bool_)
    if pair.reprs and not unequal.any():
        return Sameness.DIFFERENT, "elements differ beyond what was kept of them"
    names = _same_places(pair, unequal)[1]
    return (Sameness.NORMALISED, ", ".join(names)) if names else (Sameness.TOLERANCE, change)


def differs(pair: Pair, tolerance: Tolerance) -> npt.NDArray[np.bool_]:
    """Where two arrays of one shape and type differ beyond tolerance."""
    a, b = pair.a, pair.b
    if a.dtype.names is not None:
        merged = np.zeros(a.shape, dtype=np.bool_)
        for name in a.dtype.names:
            found = differs(replace(pair, a=a[name], b=b[name], reprs=False), tolerance)
            merged |= found.any(axis=tuple(range(a.ndim, found.ndim)))
        return merged
    if a.dtype.kind in "fc":
        return far_apart(a, b, tolerance)
    unequal: npt.NDArray[np.bool_] = np.asarray(a != b, dtype=np.bool_)
    if a.dtype.kind in "mM":
        unequal &= ~(np.isnat(a) & np.isnat(b))
    if pair.reprs:
        for where in map(tuple, np.argwhere(unequal)):
            unequal[where] = not _close_reprs(str(a[where]), str(b[where]), tolerance)
    if pair.reprs or a.dtype.kind in _TEXT:
        unequal[unequal] = ~_same_places(pair, unequal)[0]
    return unequal


def _same_places(pair: Pair, unequal: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.bool_], tuple[str, ...]]:
    """Which unequal texts differ only by where in memory or on the disk a run was, and the normalisers' names."""
    given: set[str] = set()
    lines: tuple[list[str], list[str]] = [], []
    for texts in zip(pair.a[unequal], pair.b[unequal], strict=True):
        *ruled, names = apply_rules(str(texts[0]), str(texts[1]), pair.rules)
        given.update(names)
        for side, text in zip(lines, ruled, strict=True):
            side.append(" ".join(str(text).splitlines()))
    a, b, found = normalise_pair("\n".join(lines[0]), "\n".join(lines[1]), pair.own, only=PLACES)
    same = [x == y for x, y in zip(a.split("\n"), b.split("\n"), strict=True)]
    named = tuple(sorted({*given, *found}))
    return np.array(same[: np.count_nonzero(unequal)], dtype=np.bool_), named if any(same) and named else ()


def _close_reprs(a: str, b: str, tolerance: Tolerance) -> bool:
    if not (_FLOAT.match(a) and _FLOAT.match(b)):
        return False
    return close(float(a), float(b), "<f8", tolerance)


def changes(pair: Pair) -> npt.NDArray[Any] | None:
    """The absolute change of each element; None for what is no number."""
    a, b = pair.a, pair.b
    if a.dtype.kind not in "fciu":
        return None
    if a.dtype.kind in "iu":
        # As unsigned numbers the smaller from the larger: exact, and nothing overflows.
        x, y = a.astype(np.uint64), b.astype(np.uint64)
        return np.where(a > b, x - y, y - x)
    with np.errstate(invalid="ignore", over="ignore"):
        return np.abs(a.astype(np.complex128 if a.dtype.kind == "c" else np.float64) - b)


def largest_change(pair: Pair) -> str:
    """``largest change 0.31``; empty for what is no number."""
    found = changes(pair)
    if found is None:
        return ""
    finite = found[np.isfinite(found)]
    if not finite.size:
        return ""
    largest = finite.max()
    if not largest:
        return ""
    return f"largest change {largest}" if finite.dtype.kind == "u" else f"largest change {largest:.3g}"


def changed_elements(pair: Pair, differing: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    """Some of the elements that differ, ``[3]: 0.12 | 0.15``: those that changed most, or the first."""
    positions = np.flatnonzero(differing)
    found = changes(pair)
    if found is not None:
        # What became NaN or infinite changed most of all.
        sizes = np.nan_to_num(found.reshape(-1)[positions].astype(np.float64), nan=np.inf)
        positions = positions[np.argsort(-sizes, kind="stable")]
    lines = []
    for position in positions[:DETAILS]:
        where = np.unravel_index(int(position), differing.shape)
        left, right = cut(element(pair.a[where]), 40), cut(element(pair.b[where]), 40)
        lines.append(f"[{', '.join(map(str, where))}]: {left} | {right}")
    return tuple(lines)


def _reordered(pair: Pair, tolerance: Tolerance) -> str:
    """Which order differs, when nothing else does."""
    a, b = pair.a, pair.b
    if a.dtype.names is not None or a.size < 2:
        return ""
    if a.ndim == 1:
        in_order = Pair(a=np.sort(a), b=np.sort(b), reprs=pair.reprs)
        return "" if differs(in_order, tolerance).any() else "elements reordered"
    if permuted_rows(a, b):
        return f"rows reordered{from_row(a, b)}"
    return "columns reordered" if a.ndim == 2 and permuted_rows(a.T, b.T) else ""


def from_row(a: AnyArray, b: AnyArray) -> str:
    """`` from row 12 on``: the first one that is another; empty where that is the very first."""
    first = int(np.argmax(unequal_elements(a, b).reshape(len(a), -1).any(axis=1)))
    return f" from row {first:,} on" if first else ""


def unequal_elements(a: AnyArray, b: AnyArray) -> npt.NDArray[np.bool_]:
    """Where two arrays of one shape are unlike, missing values being like each other."""
    unlike: npt.NDArray[np.bool_] = np.asarray(a != b, dtype=np.bool_) & ~(_missing(a) & _missing(b))
    return unlike


def _missing(data: AnyArray) -> npt.NDArray[np.bool_]:
    if data.dtype.kind in "fc":
        return np.isnan(data)
    return np.isnat(data) if data.dtype.kind in "mM" else np.zeros(data.shape, dtype=np.bool_)


def describe_array(value: Array, data: AnyArray | None) -> str:
    """The first elements, shape and dtype in one line; without the elements where there are no data."""
    kind = f"({_shape(value)} {_dtype_name(value.dtype)})"
    if data is None:
        return kind
    elements = [cut(element(item), 30) for item in data.reshape(-1)[:_SHOWN]]
    more = ", ..." if data.size > _SHOWN else ""
    return cut(f"[{', '.join(elements)}{more}]", SHORT - len(kind) - 1) + f" {kind}"


def element(item: Any) -> str:
    """One element as Python writes it."""
    if isinstance(item, np.generic) and item.dtype.kind in "biufcUSO":
        return str(item)
    return str(item.item()) if isinstance(item, np.void) else str(item)


def _dtype_name(dtype: str) -> str:
    if dtype == "object":
        return dtype
    if dtype.startswith("["):
        return "record"
    found = np.dtype(dtype)
    return {"U": "str", "S": "bytes"}.get(found.kind, found.name)


def _shape(value: Array) -> str:
    return "x".join(str(length) for length in value.shape) or "scalar"
