"""Queries through ``sqlite3``, whatever library makes them."""

# Callers' frames have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import functools
import sys
from _thread import _local
from collections.abc import Iterable

from .patching import call_as, replaced, without_own_frames
from .records import record
from .rows_open import mixed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType
    from typing import Any

    from .rows_open import Keys, Rows

_FUNCTION = "reprocheck_order"
_WITHOUT_ROWID = r"(?i)WITHOUT\s+ROWID\W*\Z"
_MOST_TABLES = 500
_ADAPTERS_WARN = sys.version_info >= (3, 12)


class _Order:
    """Gives every row that a permuted query sorts a number; the same ones each time."""

    def __init__(self) -> None:
        self._local = _local()

    def start(self) -> None:
        """A query begins in this thread."""
        self._local.count = 0

    def __call__(self, number: int) -> int:
        self._local.count = count = getattr(self._local, "count", 0) + 1
        return mixed(number, count)


@record(frozen=True, kw_only=True, slots=True)
class _Table:
    """What a table's definition says."""

    unique: tuple[tuple[str, ...], ...]
    never_null: frozenset[str]
    rowid: bool


@record(frozen=True, kw_only=True, slots=True)
class _Driver:
    """What running a statement takes."""

    rows: Rows
    module: Any
    order: _Order
    plain: Callable[..., Any]
    """The cursor's own ``execute``."""
    tables: dict[Any, _Table]
    """What is known of tables by their definitions: queries may be many, and definitions are few."""

    def read(self, asked: Any, tables: list[str]) -> tuple[Keys, bool]:
        """Unique columns of tables, as ``rows.permuted`` wants them; rows come in no order that is promised."""
        return _unique_columns(self, asked, tables), False

    def run(
        self, plain: Callable[..., Any], target: Any, sql: str, parameters: Sequence[Any]
    ) -> tuple[Any, BaseException | None]:
        """Run a permuted statement: what it gave, and what it raised."""
        connection = target.connection if isinstance(target, self.module.Cursor) else target
        failure: BaseException | None = None
        for known in (True, False):
            if not known:
                connection.create_function(_FUNCTION, 1, self.order)
            self.order.start()
            try:
                return plain(target, sql, *parameters), None
            except self.module.Error as error:
                failure = error
                if f"no such function: {_FUNCTION}" not in str(error):
                    break
        return None, failure


def install(rows: Rows, module: Any) -> None:
    """Watch all connections' and cursors' ``execute`` and ``executescript``."""
    driver = _Driver(rows=rows, module=module, order=_Order(), plain=module.Cursor.execute, tables={})
    for kind in (module.Cursor, module.Connection):
        for name in ("execute", "executescript"):
            rows.probe.undo(replaced(kind, name, _watched(driver, getattr(kind, name))))
    rows.measurements["sqlite"] = functools.partial(_measure, driver)


def _watched(driver: _Driver, plain: Callable[..., Any]) -> Callable[..., Any]:
    rows = driver.rows

    def run(frame: FrameType, self: Any, args: tuple[Any, ...]) -> Any:
        # Adapters of dates warn of being deprecated, in the name of the line that called.
        if _ADAPTERS_WARN and len(args) > 1 and _holds_dates(args[1]):
            return call_as(frame, plain, (self, *args), {})
        return plain(self, *args)

    def asked(frame: FrameType, self: Any, args: tuple[Any, ...]) -> Any:
        read = functools.partial(driver.read, self)
        choice = rows.permuted(frame, "sqlite", args[0], "sqlite3", read)
        with rows.inside():
            if choice is None:
                return run(frame, self, args)
            result, failure = driver.run(plain, self, choice.sql, args[1:])
            if failure is not None:
                result = run(frame, self, args)
                rows.failed("sqlite3", failure)
            return result

    @functools.wraps(plain)
    def execute(self: Any, *args: Any) -> Any:
        frame = sys._getframe(1)
        try:
            return asked(frame, self, args) if args and rows.asks(args[0]) else run(frame, self, args)
        except BaseException as error:
            without_own_frames(error)
            raise

    return execute


def _holds_dates(parameters: Any) -> bool:
    values = parameters.values() if isinstance(parameters, dict) else parameters
    return isinstance(values, Iterable) and any(type(value).__module__ == "datetime" for value in values)


def _unique_columns(driver: _Driver, asked: Any, tables: list[str]) -> Keys:
    """From the database that a cursor or connection is of."""
    module = driver.module
    connection = asked.connection if isinstance(asked, module.Cursor) else asked
    cursor = module.Cursor(connection)
    cursor.row_factory = None

    def read(sql: str) -> list[Any]:
        return [
            tuple(each.decode() if isinstance(each, bytes) else each for each in row)
            for row in driver.plain(cursor, sql).fetchall()
        ]

    found: Keys = {}
    for table in tables:
        try:
            keys = _keys_of(driver, read, table)
        except (module.Error, UnicodeDecodeError):
            continue
        if keys:
            found[table] = keys
    return found


def _keys_of(driver: _Driver, read: Callable[[str], list[Any]], table: str) -> list[list[str]]:
    text = table.replace("'", "''")
    made = read(f"SELECT type, name, sql FROM sqlite_master WHERE tbl_name = '{text}' COLLATE NOCASE")  # noqa: S608
    known = driver.tables.get(tuple(made))
    if known is None:
        # Temporary tables and those of attached databases have their definitions elsewhere, and are read each time.
        known = _table(read, table, made)
        if made and len(driver.tables) < _MOST_TABLES:
            driver.tables[tuple(made)] = known
    found = [["rowid"], ["_rowid_"], ["oid"]] if known.rowid else []
    for names in known.unique:
        # Unique columns may hold any number of NULLs, unless they are declared otherwise; one of them does no harm.
        holes = " OR ".join(f"{_quoted(each)} IS NULL" for each in names if each not in known.never_null)
        if not holes or not read(f"SELECT 1 FROM {_quoted(table)} WHERE {holes} LIMIT 1 OFFSET 1"):  # noqa: S608
            found.append([each.lower() for each in names])
    return sorted(found)


def _table(read: Callable[[str], list[Any]], table: str, made: list[Any]) -> _Table:
    import re

    name = _quoted(table)
    columns = read(f"PRAGMA table_info({name})")
    key = [column for column in columns if column[5]]
    unique = [tuple(column[1] for column in key)] if key else []
    is_rowid = len(key) == 1 and str(key[0][2]).upper() == "INTEGER"
    for index in read(f"PRAGMA index_list({name})"):
        parts = tuple(part[2] for part in read(f"PRAGMA index_info({_quoted(index[1])})"))
        if index[2] and not index[4] and None not in parts:
            unique.append(parts)
    never_null = {column[1] for column in columns if column[3]} | ({key[0][1]} if is_rowid else set())
    stored = any(kind == "table" and not re.search(_WITHOUT_ROWID, sql or "") for kind, _name, sql in made)
    return _Table(unique=tuple(unique), never_null=frozenset(never_null), rowid=stored)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _measure(driver: _Driver) -> None:
    connection = driver.module.connect(":memory:")
    try:
        cursor = connection.cursor()
        driver.plain(cursor, "CREATE TABLE reprocheck (v INTEGER)")
        cursor.executemany("INSERT INTO reprocheck VALUES (?)", [(value,) for value in range(8)])

        def run(sql: str) -> Sequence[Any]:
            driver.run(driver.plain, cursor, sql, ())
            return list(cursor.fetchall())

        driver.rows.measure(run, "sqlite")
    finally:
        connection.close()
