"""Comparing two tables cell by cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pytest_reprocheck.compare.grids import Grid
from pytest_reprocheck.compare.judging import DETAILS, Context, Judgement, combined, cut, cut_pair, worst
from pytest_reprocheck.compare.text import MAX_PAIRS, judge_lines
from pytest_reprocheck.core.findings import Sameness


def compare_grids(a: Grid, b: Grid, names: tuple[str, ...], context: Context) -> Judgement | None:
    """None when both say the same; ``names`` are the normalisers that applied to the page."""
    if a == b:
        return None
    frame = list(_frame(a, b))
    moved = any(judgement.sameness is Sameness.ORDERING for judgement in frame)
    rows = _partners(a, b)
    if rows is None:
        frame.append(_plain(Sameness.ORDERING, _row(a, 0), _row(b, 0), "rows reordered", "row order"))
    else:
        cells = _judge_cells(a, b, rows, context)
        frame += [cells] if cells is not None else []
    if not any(judgement.sameness is Sameness.DIFFERENT for judgement in frame) and not moved:
        # Where rows or columns came and went, so did their tags and headers.
        frame += filter(None, (_as_text(a.heads, b.heads, names, context), _as_text(a.tags, b.tags, names, context)))
    elif moved and sorted(a.heads) != sorted(b.heads):
        frame += filter(None, [_as_text(sorted(a.heads), sorted(b.heads), names, context)])
    return combined([("", judgement) for judgement in frame])


def _frame(a: Grid, b: Grid) -> Iterator[Judgement]:
    """What differs besides the cells."""
    for name, one, other in (("columns", a.columns, b.columns), ("rows", a.rows, b.rows)):
        if one == other:
            continue
        shown = cut_pair(", ".join(one), ", ".join(other))
        if len(one) != len(other) and name == "rows":
            yield _plain(Sameness.DIFFERENT, *shown, f"{len(one)} rows | {len(other)} rows", name)
        elif Counter(one) == Counter(other):
            yield _plain(Sameness.ORDERING, *shown, f"{name} reordered", f"{name.removesuffix('s')} order")
        else:
            alone = [f"only in {side}: {', '.join(here)}" for side, here in _alone(one, other) if here]
            yield _plain(Sameness.DIFFERENT, *shown, cut(f"{name} {'; '.join(alone)}"), name)


def _alone(a: Sequence[str], b: Sequence[str]) -> list[tuple[str, list[str]]]:
    a_names, b_names = frozenset(a), frozenset(b)
    return [("A", [name for name in a if name not in b_names]), ("B", [name for name in b if name not in a_names])]


def _partners(a: Grid, b: Grid) -> list[tuple[int, int]] | None:
    """Positions of the rows that are each other's counterparts; None when the same rows stand in another order.

    Rows go by their labels; where these are not the same on both sides, by their place.
    """
    if a.rows == b.rows and a.columns == b.columns and a.cells != b.cells and Counter(a.cells) == Counter(b.cells):
        return None
    places = {name: j for j, name in enumerate(b.rows)}
    if all(name in places for name in a.rows) or len(a.rows) != len(b.rows):
        return [(i, places[name]) for i, name in enumerate(a.rows) if name in places]
    return [(i, i) for i in range(len(a.rows))]


def _judge_cells(a: Grid, b: Grid, rows: Sequence[tuple[int, int]], context: Context) -> Judgement | None:
    """The cells that both have, by the names of their columns."""
    places = {name: j for j, name in enumerate(b.columns)}
    columns = [(i, places[name]) for i, name in enumerate(a.columns) if name in places]
    found: list[tuple[str, Judgement, str, str]] = []
    for i, j in rows:
        if a.cells[i] == b.cells[j] and a.columns == b.columns:
            continue
        for x, y in columns:
            left, right = a.cells[i][x], b.cells[j][y]
            if left != right and (judgement := judge_lines(left, right, (), context)) is not None:
                found.append((f"{a.columns[x]}[{a.rows[i]}]", judgement, left, right))
    if not found:
        return None
    sameness = worst([judgement.sameness for _name, judgement, _a, _b in found])
    telling = [each for each in found if each[1].sameness is sameness]
    name, first, left, right = telling[0]
    shown = cut_pair(f"{name}: {left or '(empty)'}", f"{name}: {right or '(empty)'}")
    total = len(rows) * len(columns)
    note = first.note if sameness is Sameness.TOLERANCE else f"{len(telling)} of {total} cells differ"
    return Judgement(
        sameness=sameness,
        a=shown[0],
        b=shown[1],
        note=note,
        details=tuple(f"{where}: {cut(x, 50)} | {cut(y, 50)}" for where, _j, x, y in telling[1 : DETAILS + 1]),
        parts=tuple(where for where, judgement, _a, _b in found if judgement.sameness.counts) or ("all",),
        pairs=tuple((f"{where}: {x}", f"{where}: {y}") for where, _j, x, y in telling[:MAX_PAIRS]),
    )


def _as_text(a: Sequence[str], b: Sequence[str], names: tuple[str, ...], context: Context) -> Judgement | None:
    return judge_lines("\n".join(a), "\n".join(b), names, context)


def _row(grid: Grid, number: int) -> str:
    return cut(", ".join(grid.cells[number]))


def _plain(sameness: Sameness, a: str, b: str, note: str, part: str) -> Judgement:
    return Judgement(sameness=sameness, a=a, b=b, note=note, parts=(part,))
