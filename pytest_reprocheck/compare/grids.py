"""Tables in HTML as cells with the names of their columns and rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_TAG_NAME = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_SPAN = re.compile(r"\b(col|row)span=[\"']?(\d{1,9})", re.IGNORECASE)
_MAX_SPAN = 1_000
_MAX_CELLS = 2_000_000
"""Cells of one table, spans counted; a page with a larger one is compared as text."""

_Shown = tuple[str, bool]
"""Text of a cell, and whether it is a header."""


@dataclass(kw_only=True, slots=True)
class _Cell:
    text: list[str] = field(default_factory=list)
    head: bool
    columns: int
    rows: int


@dataclass(kw_only=True, slots=True)
class _Row:
    cells: list[_Cell] = field(default_factory=list)
    in_head: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """A table as it is read."""

    columns: tuple[str, ...]
    """Names, unique."""
    rows: tuple[str, ...]
    """Labels, unique: the row's own header cells, or its number."""
    cells: tuple[tuple[str, ...], ...]
    """For each row the text of each column."""
    heads: tuple[str, ...]
    """All text above the rows, in order: captions and headers."""
    labels: tuple[tuple[str, ...], ...]
    """For each row its own header cells."""
    tags: tuple[str, ...]
    """All tags in order."""


def cut_tables(lines: Sequence[str]) -> tuple[list[str], list[Grid]] | None:
    """The lines of a page with ``(table N)`` where a table was, and the tables; None when one cannot be read."""
    rest: list[str] = []
    grids: list[Grid] = []
    table: list[str] = []
    depth = 0
    for line in lines:
        closing, name = _tag(line)
        if name == "table":
            depth += -1 if closing else 1
            if depth < 0:
                return None
        (table if depth or name == "table" else rest).append(line)
        if name == "table" and depth == 0:
            grid = _grid(table)
            if grid is None:
                return None
            grids.append(grid)
            rest.append(f"(table {len(grids)})")
            table = []
    return None if depth else (rest, grids)


def _tag(line: str) -> tuple[bool, str]:
    found = _TAG_NAME.match(line)
    return (bool(found.group(1)), found.group(2).lower()) if found is not None else (False, "")


def _grid(lines: Sequence[str]) -> Grid | None:
    rows, loose = _parsed(lines)
    filled = _filled(rows)
    if filled is None:
        return None
    width = max((max(cells, default=-1) + 1 for cells in filled), default=0)
    lead = next((i for i, row in enumerate(rows) if not row.in_head and not _is_header(row)), len(rows))
    body = filled[lead:]
    labels = min((_heads_before(cells, width) for cells in body), default=0)
    if width * len(filled) > _MAX_CELLS:
        return None
    columns = [_name([_text(cells, j) for cells in filled[:lead]]) for j in range(labels, width)]
    own = tuple(tuple(_text(cells, j) for j in range(labels)) for cells in body)
    return Grid(
        columns=tuple(_unique([name or f"column {j}" for j, name in enumerate(columns)])),
        rows=tuple(_unique(["/".join(filter(None, names)) or str(i) for i, names in enumerate(own)])),
        cells=tuple(tuple(_text(cells, j) for j in range(labels, width)) for cells in body),
        heads=(*loose, *(line for row in rows[:lead] for cell in row.cells for line in cell.text)),
        labels=own,
        tags=tuple(line for line in lines if line.startswith("<")),
    )


def _parsed(lines: Sequence[str]) -> tuple[list[_Row], list[str]]:
    """The rows of the outermost table, and the text beside its cells.

    What stands in a table inside a cell is text of that cell.
    """
    rows: list[_Row] = []
    loose: list[str] = []
    cell: _Cell | None = None
    depth = 0
    in_head = False
    for line in lines:
        closing, name = _tag(line)
        if name == "table":
            depth += -1 if closing else 1
        elif depth == 1 and name == "thead":
            in_head = not closing
        elif depth == 1 and name == "tr":
            cell = None
            if not closing:
                rows.append(_Row(in_head=in_head))
        elif depth == 1 and name in ("td", "th"):
            cell = None if closing else _opened(line, head=name == "th")
            if cell is not None:
                if not rows:
                    rows.append(_Row(in_head=in_head))
                rows[-1].cells.append(cell)
        elif not line.startswith("<"):
            (loose if cell is None else cell.text).append(line)
    return rows, loose


def _opened(line: str, *, head: bool) -> _Cell:
    spans = {kind.lower(): max(1, min(int(number), _MAX_SPAN)) for kind, number in _SPAN.findall(line)}
    return _Cell(head=head, columns=spans.get("col", 1), rows=spans.get("row", 1))


def _filled(rows: Sequence[_Row]) -> list[dict[int, _Shown]] | None:
    """For each row the cell at each column, those that span several at each of them; None if they are too many."""
    filled: list[dict[int, _Shown]] = []
    above: dict[int, tuple[int, _Shown]] = {}
    total = 0
    for row in rows:
        cells = {column: shown for column, (_left, shown) in above.items()}
        above = {column: (left - 1, shown) for column, (left, shown) in above.items() if left > 1}
        column = 0
        for cell in row.cells:
            shown = ("\n".join(cell.text), cell.head)
            for _ in range(cell.columns):
                while column in cells:
                    column += 1
                cells[column] = shown
                if cell.rows > 1:
                    above[column] = (cell.rows - 1, shown)
            if len(cells) > _MAX_CELLS:
                return None
        total += len(cells)
        if total > _MAX_CELLS:
            return None
        filled.append(cells)
    return filled


def _is_header(row: _Row) -> bool:
    return all(cell.head for cell in row.cells)


def _heads_before(cells: Mapping[int, _Shown], width: int) -> int:
    return next((j for j in range(width) if j not in cells or not cells[j][1]), width)


def _text(cells: Mapping[int, _Shown], column: int) -> str:
    return cells[column][0] if column in cells else ""


def _name(headers: Sequence[str]) -> str:
    return "/".join(dict.fromkeys(" ".join(text.split()) for text in headers if text))


def _unique(names: Sequence[str]) -> list[str]:
    """Names that come again have their number behind them."""
    seen: Counter[str] = Counter()
    unique = []
    for name in names:
        seen[name] += 1
        unique.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return unique
