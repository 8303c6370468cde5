"""Comparator for data frames: column order, row order, values and types apart."""

from __future__ import annotations

import numpy as np

from pytest_reprocheck.compare.arrays import DIGEST_ONLY, AnyArray, differs, largest_change, load
from pytest_reprocheck.compare.judging import SHORT, Context, Judgement, cut
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.values import Array, Table


def compare_tables(a: Table, b: Table, context: Context) -> Judgement | None:
    """None when the tables are equal."""
    if a.digest == b.digest:
        return None
    notes: list[str] = []
    parts: list[str] = []
    sameness = Sameness.IDENTICAL
    if sorted(a.columns) != sorted(b.columns):
        missing = [f"-{name}" for name in a.columns if name not in b.columns]
        added = [f"+{name}" for name in b.columns if name not in a.columns]
        note = cut("columns " + " ".join([*missing, *added]))
        return _judged(a, b, Sameness.DIFFERENT, [note], ["columns"])
    if a.columns != b.columns:
        sameness = Sameness.ORDERING
        notes.append("columns reordered")
        parts.append("column order")
    if _rows(a) != _rows(b):
        notes.append(f"{_rows(a)} rows | {_rows(b)} rows")
        return _judged(a, b, Sameness.DIFFERENT, notes, [*parts, "rows"])
    types = [
        f"{name} {a.dtypes[i]} | {b.dtypes[b.columns.index(name)]}"
        for i, name in enumerate(a.columns)
        if a.dtypes[i] != b.dtypes[b.columns.index(name)]
    ]
    if types:
        return _judged(a, b, Sameness.DIFFERENT, [*notes, cut("dtypes " + ", ".join(types))], [*parts, "dtypes"])
    content, note, changed = _content(a, b, context)
    notes += [note] if note else []
    if _worse(content, sameness):
        sameness = content
    if sameness is Sameness.IDENTICAL:
        return None
    return _judged(a, b, sameness, notes, [*parts, *changed])


def _content(a: Table, b: Table, context: Context) -> tuple[Sameness, str, list[str]]:
    """The worst of the columns' and the index's judgement, with B's columns in A's order."""
    pairs: dict[str, tuple[Array, Array]] = {
        name: (a.data[i], b.data[b.columns.index(name)]) for i, name in enumerate(a.columns)
    }
    if a.index is not None and b.index is not None:
        pairs["(index)"] = (a.index, b.index)
    elif a.index is not b.index:
        return Sameness.DIFFERENT, "index differs", ["(index)"]
    unequal = {name: pair for name, pair in pairs.items() if pair[0].digest != pair[1].digest}
    if not unequal:
        return Sameness.IDENTICAL, "", []
    loaded = {
        name: (load(left, context.a_blobs), load(right, context.b_blobs)) for name, (left, right) in pairs.items()
    }
    known = {name: (x, y) for name, (x, y) in loaded.items() if x is not None and y is not None}
    if any(name not in known for name in unequal):
        return Sameness.DIFFERENT, f"values of {', '.join(unequal)} differ ({DIGEST_ONLY})", sorted(unequal)
    rows = {name: differs(*known[name], context.tolerance) for name in unequal}
    changed = {name: found for name, found in rows.items() if found.any()}
    if not changed:
        return Sameness.TOLERANCE, "values within tolerance", sorted(unequal)
    if len(known) == len(pairs) and _same_rows(list(known.values())):
        return Sameness.ORDERING, "rows reordered", ["row order"]
    touched = np.flatnonzero(
        np.logical_or.reduce([found.reshape(found.shape[0], -1).any(axis=1) for found in changed.values()])
    )
    told = [f"{name} ({change})" if (change := largest_change(*known[name])) else name for name in changed]
    where = f"{touched.size} of {_rows(a)} rows, {touched[0]} to {touched[-1]}"
    return Sameness.DIFFERENT, cut(f"values differ in {where}: {', '.join(told)}", 2 * SHORT), sorted(changed)


def _same_rows(columns: list[tuple[AnyArray, AnyArray]]) -> bool:
    """Whether both sides have the same rows, each as often, in whatever order."""
    a_codes, b_codes = [], []
    for left, right in columns:
        _values, codes = np.unique(np.concatenate([left.reshape(-1), right.reshape(-1)]), return_inverse=True)
        a_codes.append(codes[: left.size])
        b_codes.append(codes[left.size :])
    a_rows, b_rows = np.array(a_codes), np.array(b_codes)
    return np.array_equal(a_rows[:, np.lexsort(a_rows)], b_rows[:, np.lexsort(b_rows)])


def _rows(table: Table) -> int:
    return table.data[0].shape[0] if table.data else 0


def _worse(left: Sameness, right: Sameness) -> bool:
    order = list(Sameness)
    return order.index(left) > order.index(right)


def _judged(a: Table, b: Table, sameness: Sameness, notes: list[str], parts: list[str]) -> Judgement:
    return Judgement(
        sameness=sameness, a=describe_table(a), b=describe_table(b), note=", ".join(notes), parts=tuple(parts)
    )


def describe_table(table: Table) -> str:
    """Column names and the number of rows in one line."""
    rows = f" ({_rows(table)} rows)"
    return cut(", ".join(table.columns), SHORT - len(rows)) + rows
