"""Comparator for data frames: column order, row order, values and types apart."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pytest_reprocheck.compare.arrays import (
    AnyArray,
    Pair,
    changed_elements,
    differs,
    judge_digests,
    judge_equal,
    largest_change,
    load,
    same_type,
    unequal_elements,
)
from pytest_reprocheck.compare.judging import DETAILS, SHORT, Context, Judgement, cut, telling, worst
from pytest_reprocheck.compare.moves import told_members, told_order
from pytest_reprocheck.compare.normalise import is_fit_time
from pytest_reprocheck.compare.orders import same_rows
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.values import Array, Table

_INDEX = "(index)"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Column:
    data: Array
    dtype: str
    """The frame library's own name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Finding:
    """One way in which two tables differ."""

    sameness: Sameness
    note: str
    parts: tuple[str, ...]
    details: tuple[str, ...] = ()


def compare_tables(a: Table, b: Table, context: Context) -> Judgement | None:
    """None when the tables are equal."""
    if a.digest == b.digest:
        return None
    findings = _frame(a, b) + _content(a, b, context)
    if not findings:
        # Categories, names of the index and the like have their part in the digest alone.
        findings = [_Finding(sameness=Sameness.DIFFERENT, note="equal columns, other metadata", parts=("metadata",))]
    details = tuple(line for finding in findings for line in finding.details)[:DETAILS]
    shown = telling((describe_table(a), describe_table(b)), details)
    return Judgement(
        sameness=worst([finding.sameness for finding in findings]),
        a=shown[0],
        b=shown[1],
        note=", ".join(finding.note for finding in findings),
        details=details,
        parts=tuple(part for finding in findings for part in finding.parts),
    )


def _frame(a: Table, b: Table) -> list[_Finding]:
    """What differs besides the values."""
    findings = []

    def found(sameness: Sameness, note: str, part: str) -> None:
        findings.append(_Finding(sameness=sameness, note=note, parts=(part,)))

    if a.type != b.type:
        found(Sameness.DIFFERENT, f"type {a.type} | {b.type}", "type")
    a_columns, b_columns = _columns(a), _columns(b)
    if alone := told_members([*a_columns], [*b_columns], "columns"):
        found(Sameness.DIFFERENT, alone, "columns")
    a_order = [name for name in a_columns if name in b_columns]
    b_order = [name for name in b_columns if name in a_columns]
    if a_order != b_order:
        found(Sameness.ORDERING, f"columns reordered: {told_order(a_order, b_order, a_order)}", "column order")
    if _rows(a) != _rows(b):
        found(Sameness.DIFFERENT, f"{_rows(a):,} rows | {_rows(b):,} rows", "rows")
    types = [
        f"{name} {column.dtype} | {b_columns[name].dtype}"
        for name, column in a_columns.items()
        if name in b_columns and column.dtype != b_columns[name].dtype
    ]
    if types:
        found(Sameness.DIFFERENT, cut("dtypes " + ", ".join(types)), "dtypes")
    # A dtype of the frame library can hold what numpy has two types for: integers, and integers with missing ones.
    kept = [
        f"{name} {column.data.dtype} | {b_columns[name].data.dtype}"
        for name, column in a_columns.items()
        if name in b_columns
        and column.dtype == b_columns[name].dtype
        and not same_type(column.data, b_columns[name].data)
    ]
    if kept:
        found(Sameness.DIFFERENT, cut("kept as " + ", ".join(kept)), "dtypes")
    return findings


def _columns(table: Table) -> dict[str, _Column]:
    """The columns by name; a name that comes again has its number behind it."""
    seen: Counter[str] = Counter()
    columns = {}
    for name, data, dtype in zip(table.columns, table.data, table.dtypes, strict=True):
        seen[name] += 1
        columns[name if seen[name] == 1 else f"{name}#{seen[name]}"] = _Column(data=data, dtype=dtype)
    return columns


def _content(a: Table, b: Table, context: Context) -> list[_Finding]:
    """How the values of the columns that both have differ, with B's columns in A's order."""
    if _rows(a) != _rows(b):
        return []
    b_columns = _columns(b)
    arrays = {
        name: (column.data, b_columns[name].data)
        for name, column in _columns(a).items()
        if name in b_columns and same_type(column.data, b_columns[name].data)
    }
    unequal = [name for name, (left, right) in arrays.items() if left.digest != right.digest]
    times = [name for name in unequal if is_fit_time(name)]
    unequal = [name for name in unequal if name not in times]
    findings = [_Finding(sameness=Sameness.NORMALISED, note="fit-times", parts=tuple(times))] if times else []
    pairs = {name: _loaded(*both, context) for name, both in arrays.items() if name not in times}
    if a.index is not None or b.index is not None:
        pairs[_INDEX] = _index_pair(a, b, context)
        if a.index is None or b.index is None or a.index.digest != b.index.digest:
            unequal.append(_INDEX)
    missing = [name for name in unequal if pairs[name] is None]
    if missing and a.rows_digest is not None and a.rows_digest == b.rows_digest:
        return [*findings, _Finding(sameness=Sameness.ORDERING, note="rows reordered", parts=("row order",))]
    if missing:
        why = judge_digests(*arrays[missing[0]])[1] if missing[0] in arrays else "index of another type, or not at hand"
        at_hand = {name: pair for name in unequal if (pair := pairs[name]) is not None}
        told = [item for item in _changed(at_hand, context) if item.sameness is Sameness.DIFFERENT]
        names = f"{len(missing):,} more columns" if told else cut(", ".join(missing), SHORT // 2)
        last = _Finding(sameness=Sameness.DIFFERENT, note=f"{names}: {why}", parts=tuple(missing))
        return [*findings, *told, last]
    known = {name: pair for name, pair in pairs.items() if pair is not None}
    changed = _changed({name: known[name] for name in unequal}, context)
    # Without a cell that differs (elements cut at what is kept of them) there is no order to tell.
    if changed and changed[0].details and len(known) == len(pairs) and _same_rows(known):
        first = min((row for pair in known.values() if (row := _first_apart(pair)) is not None), default=0)
        where = f" from row {first:,} on" if first else ""
        changed = [_Finding(sameness=Sameness.ORDERING, note=f"rows reordered{where}", parts=("row order",))]
    return findings + changed


def _loaded(a: Array, b: Array, context: Context) -> Pair | None:
    """The data of two columns; None when those of one are not there."""
    a_data, b_data = load(a, context.a_blobs), load(b, context.b_blobs)
    if a_data is None or b_data is None:
        return None
    return Pair(a=a_data, b=b_data, reprs=a.dtype == "object", own=(context.a_own, context.b_own), rules=context.rules)


def _index_pair(a: Table, b: Table, context: Context) -> Pair | None:
    """Both indexes, with the numbers of a default one; None when they are not there or of different types."""
    left, right = _index(a, context.a_blobs), _index(b, context.b_blobs)
    if left is None or right is None or left.dtype.kind != right.dtype.kind:
        return None
    reprs = any(table.index is not None and table.index.dtype == "object" for table in (a, b))
    return Pair(a=left, b=right, reprs=reprs, own=(context.a_own, context.b_own), rules=context.rules)


def _index(table: Table, blobs: Path | None) -> AnyArray | None:
    return np.arange(_rows(table)) if table.index is None else load(table.index, blobs)


def _same_rows(pairs: dict[str, Pair]) -> bool:
    return same_rows([(pair.a, pair.b) for pair in pairs.values()])


def _first_apart(pair: Pair) -> int | None:
    """The first row that differs, None for equal columns."""
    unlike = unequal_elements(pair.a, pair.b)
    return int(np.argmax(unlike)) if unlike.any() else None


def _changed(pairs: dict[str, Pair], context: Context) -> list[_Finding]:
    """The columns whose values differ, each with its largest change, and the rows that they differ in."""
    if not pairs:
        return []
    rows = {name: differs(pair, context.tolerance.of(name)) for name, pair in pairs.items()}
    changed = {name: found for name, found in rows.items() if found.any()}
    if not changed:
        equal = {name: judge_equal(pair, "values within tolerance") for name, pair in pairs.items()}
        sameness = worst([same for same, _note in equal.values()])
        notes = sorted({note for same, note in equal.values() if same is sameness})
        parts = tuple(name for name, (same, _note) in equal.items() if same is sameness)
        return [_Finding(sameness=sameness, note=", ".join(notes), parts=parts)]
    touched: npt.NDArray[np.intp] = np.flatnonzero(np.logical_or.reduce(list(changed.values())))
    told = [f"{name} ({change})" if (change := largest_change(pairs[name])) else name for name in changed]
    of_rows = next(iter(changed.values())).size
    where = f"{touched.size:,} of {of_rows:,} rows, first row {touched[0]:,}"
    lines = [[f"{name}{line}" for line in changed_elements(pairs[name], found)] for name, found in changed.items()]
    return [
        _Finding(
            sameness=Sameness.DIFFERENT,
            note=cut(f"values differ in {where}: {', '.join(told)}", 2 * SHORT),
            parts=tuple(sorted(changed)),
            details=tuple(line for row in zip_longest(*lines) for line in row if line is not None),
        )
    ]


def _rows(table: Table) -> int:
    arrays = table.data or ((table.index,) if table.index is not None else ())
    return arrays[0].shape[0] if arrays else 0


def describe_table(table: Table) -> str:
    """Column names and the number of rows in one line."""
    rows = f" ({_rows(table)} rows)"
    return cut(", ".join(table.columns), SHORT - len(rows)) + rows
