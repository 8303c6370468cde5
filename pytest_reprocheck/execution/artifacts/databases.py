"""SQLite databases: schema, and the rows of every table; read from a copy."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from pytest_reprocheck.core.values import Array, Value
from pytest_reprocheck.execution.artifacts.content import DETAIL_LIMIT, Content, Reading, open_regular
from pytest_reprocheck.execution.artifacts.keeping import (
    Keeper,
    array_value,
    mapping_value,
    object_array,
    object_value,
    table_value,
    text_value,
)
from pytest_reprocheck.execution.artifacts.nodes import COMPANIONS, UnreadableError

_MAGIC = b"SQLite format 3\0"
_MOST_CELLS = 5_000_000
_MOST_STEPS = 2_000
"""Times a million instructions of SQLite."""


def is_sqlite(content: Content) -> bool:
    """By the first bytes."""
    return content.head.startswith(_MAGIC)


def read_sqlite(content: Content, reading: Reading) -> Value:
    """Schema and tables; rows in the order of the primary key, or of their making where there is none."""
    reading.take(content.size)
    copy = reading.on_disk(content)
    if content.path is not None:
        for ending in COMPANIONS[:2]:
            _copy_companion(Path(f"{content.path}{ending}"), Path(f"{copy}{ending}"))
    try:
        with closing(sqlite3.connect(copy, isolation_level=None)) as database:
            steps = iter(range(_MOST_STEPS))
            database.set_progress_handler(lambda: next(steps, None) is None, 1_000_000)
            database.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
            database.execute("PRAGMA trusted_schema=OFF")
            return _tables(database, reading.keeper)
    except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError) as error:
        raise UnreadableError(f"broken database: {error}") from error
    finally:
        for ending in ("", *COMPANIONS):
            Path(f"{copy}{ending}").unlink(missing_ok=True)


def _copy_companion(source: Path, target: Path) -> None:
    try:
        with open_regular(source) as file, target.open("wb") as copy:
            shutil.copyfileobj(file, copy)
    except (OSError, UnreadableError):
        return
    if target.stat().st_size > DETAIL_LIMIT:
        raise UnreadableError("a journal that is too large")


def _tables(database: sqlite3.Connection, keeper: Keeper) -> Value:
    listed = database.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name").fetchall()
    schema = "\n".join(str(sql) for _type, _name, _table, sql in listed if sql)
    virtual = {
        name for kind, name, _table, sql in listed if kind == "table" and str(sql).upper().startswith("CREATE VIRTUAL")
    }
    tables: list[tuple[str, Value]] = []
    cells = 0
    for kind, name, _table, _sql in listed:
        if kind != "table" or name in virtual or name.startswith("sqlite_"):
            continue
        cursor = database.execute(f"SELECT * FROM {_quoted(name)}{_order(database, name)}")  # noqa: S608
        rows = cursor.fetchmany(_MOST_CELLS)
        names = [column[0] for column in cursor.description]
        cells += len(rows) * len(names)
        if cells > _MOST_CELLS:
            raise UnreadableError(f"more than {_MOST_CELLS:,} cells")
        columns = [_column([row[position] for row in rows], keeper) for position in range(len(names))]
        dtypes = [column.dtype for column in columns]
        tables.append((name, table_value("sqlite table", names, columns, dtypes)))
    return object_value("sqlite", {"schema": text_value(schema, keeper), "tables": mapping_value("tables", tables)})


def _order(database: sqlite3.Connection, table: str) -> str:
    """Rows as they were put in, unless a key of the table's own says where they belong."""
    key = sorted((row[5], row[1]) for row in database.execute(f"PRAGMA table_info({_quoted(table)})") if row[5])
    if key:
        return " ORDER BY " + ", ".join(_quoted(name) for _position, name in key)
    return " ORDER BY rowid"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _column(cells: list[Any], keeper: Keeper) -> Array:
    kinds = {type(cell) for cell in cells}
    if kinds == {int}:
        return array_value(np.array(cells, dtype=np.int64), keeper)
    if kinds and kinds <= {float, type(None)}:
        told = "".join("-" if cell is None else "x" for cell in cells) if type(None) in kinds else ""
        return array_value(np.array([np.nan if cell is None else cell for cell in cells]), keeper, told=told)
    return object_array([repr(cell) for cell in cells], (len(cells),), keeper)
