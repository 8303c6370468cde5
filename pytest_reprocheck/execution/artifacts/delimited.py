"""Tables in text: comma, tab, semicolon or bar between the cells."""

from __future__ import annotations

import csv
import re
from io import StringIO
from itertools import islice

import numpy as np

from pytest_reprocheck.core.values import Array, Value
from pytest_reprocheck.execution.artifacts.content import Content, Reading
from pytest_reprocheck.execution.artifacts.keeping import (
    Keeper,
    array_value,
    digest_of,
    object_array,
    object_value,
    scalar,
    table_value,
)
from pytest_reprocheck.execution.artifacts.nodes import UnreadableError
from pytest_reprocheck.execution.artifacts.texts import decoded

SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".psv"})
_DELIMITERS = ",\t;|"
_LOOK = 50
"""Rows that tell what stands between the cells."""
_MOST_CELLS = 10_000_000
_INTEGER = re.compile(r"[-+]?(?:0|[1-9]\d{0,17})\Z")
# Digits without point are no float where a float could not hold all of them, nor where they begin with 0: a code.
_FLOAT = re.compile(
    r"[-+]?(?:(?:(?:0|[1-9]\d*)\.\d*|\.\d+)(?:e[-+]?\d{1,4})?|(?:0|[1-9]\d*)e[-+]?\d{1,4}|0|[1-9]\d{0,14}"
    r"|inf|infinity|nan)\Z",
    re.IGNORECASE,
)
_MISSING = frozenset({"", "NA", "NaN", "nan", "NULL", "null", "None"})


def is_delimited(content: Content) -> bool:
    """By the name."""
    return content.suffix in SUFFIXES


def read_delimited(content: Content, reading: Reading) -> Value:
    """A table: columns of numbers or of text, with the names of the first row where that holds no number."""
    reading.take(content.size)
    text, encoding = decoded(content.read())
    delimiter = _delimiter(text)
    rows = _rows(text, delimiter)
    if not rows:
        raise UnreadableError("no rows")
    width = len(rows[0])
    if any(len(row) != width for row in rows):
        raise UnreadableError("rows of different lengths")
    names = [f"column {number}" for number in range(1, width + 1)]
    if not any(_FLOAT.match(cell) for cell in rows[0]):
        names = rows.pop(0)
    columns = [_column([row[position] for row in rows], reading.keeper) for position in range(width)]
    dtypes = ["text" if column.dtype == "object" else np.dtype(column.dtype).name for column in columns]
    table = table_value("csv", names, columns, dtypes)
    form = scalar("str", repr(f"delimiter {delimiter!r}, line end {_line_end(text)!r}, {encoding}"))
    return object_value("csv", {"table": table, "form": form})


def _rows(text: str, delimiter: str) -> list[list[str]]:
    try:
        reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
        rows = list(islice(reader, _MOST_CELLS))
    except csv.Error as error:
        raise UnreadableError(f"no table: {error}") from error
    rows = [row for row in rows if row]
    if sum(map(len, rows)) > _MOST_CELLS:
        raise UnreadableError(f"more than {_MOST_CELLS:,} cells")
    return rows


def _delimiter(text: str) -> str:
    """What divides the first rows into the same number of cells, the largest number."""
    best = (1, ",")
    for delimiter in _DELIMITERS:
        try:
            reader = csv.reader(StringIO(text[: 2**18], newline=""), delimiter=delimiter)
            widths = [len(row) for row in islice(reader, _LOOK) if row]
        except csv.Error:
            continue
        if len(text) > 2**18 and len(widths) > 1 and len(widths) < _LOOK:
            widths.pop()
        if widths and len(set(widths)) == 1 and widths[0] > best[0]:
            best = (widths[0], delimiter)
    return best[1]


def _line_end(text: str) -> str:
    return next((end for end in ("\r\n", "\n", "\r") if end in text), "")


def _column(cells: list[str], keeper: Keeper) -> Array:
    """Integers, floats with NaN for what is missing, or texts; what a number was written as is in the digest alone."""
    if cells and all(_INTEGER.match(cell) for cell in cells):
        return array_value(np.array([int(cell) for cell in cells], dtype=np.int64), keeper)
    if any(_FLOAT.match(cell) for cell in cells) and all(_FLOAT.match(cell) or cell in _MISSING for cell in cells):
        numbers = np.array([float("nan") if cell in _MISSING else float(cell) for cell in cells])
        return array_value(numbers, keeper, told=digest_of(*cells))
    return object_array([repr(cell) for cell in cells], (len(cells),), keeper)
