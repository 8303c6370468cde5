"""Queries through ``sqlite3``, whatever library makes them."""

# Callers' frames have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import functools
import re
import sys
from _thread import _local
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zlib import crc32

from .frames import without_this_frame
from .patching import call_as, replace_method

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .rows import Keys, Rows

_FUNCTION = "reprocheck_order"
_WITHOUT_ROWID = re.compile(r"WITHOUT\s+ROWID\W*\Z", re.IGNORECASE)
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
        return crc32(f"{number} {count}".encode())


@dataclass(frozen=True, kw_only=True, slots=True)
class _Driver:
    """What running a statement takes."""

    rows: Rows
    module: Any
    order: _Order
    plain: Callable[..., Any]
    """The cursor's own ``execute``."""

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
    driver = _Driver(rows=rows, module=module, order=_Order(), plain=module.Cursor.execute)
    for kind in (module.Cursor, module.Connection):
        for name in ("execute", "executescript"):
            replace_method(rows.probe, kind, name, _watched(driver, getattr(kind, name)))
    _measure(driver)


def _watched(driver: _Driver, plain: Callable[..., Any]) -> Callable[..., Any]:
    rows = driver.rows

    @functools.wraps(plain)
    def execute(self: Any, *args: Any) -> Any:
        choice = failure = None
        frame = sys._getframe(1)
        if args and rows.asks(args[0]):
            choice = rows.permuted(frame, "sqlite", args[0], "sqlite3", functools.partial(driver.read, self))
        try:
            with rows.inside():
                if choice is not None:
                    result, failure = driver.run(plain, self, choice.sql, args[1:])
                    if failure is None:
                        return result
                # Adapters of parameters warn of being deprecated, in the name of the line that called.
                if _ADAPTERS_WARN and len(args) > 1:
                    result = call_as(frame, plain, (self, *args), {})
                else:
                    result = plain(self, *args)
        except BaseException as error:
            without_this_frame(error)
            raise
        if failure is not None:
            rows.failed("sqlite3", failure)
        return result

    return execute


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
            keys = _keys_of(read, table)
        except (module.Error, UnicodeDecodeError):
            continue
        if keys:
            found[table] = keys
    return found


def _keys_of(read: Callable[[str], list[Any]], table: str) -> list[list[str]]:
    name = _quoted(table)
    columns = read(f"PRAGMA table_info({name})")
    key = [column for column in columns if column[5]]
    wanted = [[column[1] for column in key]] if key else []
    is_rowid = len(key) == 1 and str(key[0][2]).upper() == "INTEGER"
    for index in read(f"PRAGMA index_list({name})"):
        parts = [part[2] for part in read(f"PRAGMA index_info({_quoted(index[1])})")]
        if index[2] and not index[4] and None not in parts:
            wanted.append(parts)
    never_null = {column[1] for column in columns if column[3]} | ({key[0][1]} if is_rowid else set())
    found = []
    for names in wanted:
        # Unique columns may hold any number of NULLs, unless they are declared otherwise; one of them does no harm.
        open_ones = " OR ".join(f"{_quoted(each)} IS NULL" for each in names if each not in never_null)
        if not open_ones or not read(f"SELECT 1 FROM {name} WHERE {open_ones} LIMIT 1 OFFSET 1"):  # noqa: S608 - quoted names
            found.append([each.lower() for each in names])
    made = read(f"SELECT type, sql FROM sqlite_master WHERE lower(name) = {name.lower().replace(chr(34), chr(39))}")  # noqa: S608
    if made and made[0][0] == "table" and not _WITHOUT_ROWID.search(made[0][1] or ""):
        found += [["rowid"], ["_rowid_"], ["oid"]]
    return sorted(found)


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
