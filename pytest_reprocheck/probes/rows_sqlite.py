"""Queries through ``sqlite3``, whatever library makes them."""

# Callers' frames have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import functools
import re
import sys
from _thread import _local
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


def install(rows: Rows, module: Any) -> None:
    """Watch all connections' and cursors' ``execute`` and ``executescript``."""
    order = _Order()
    cursor, connection = module.Cursor, module.Connection
    plain = cursor.execute
    read = functools.partial(_unique_columns, module, plain)
    for kind, names in ((cursor, ("execute", "executescript")), (connection, ("execute", "executescript"))):
        for name in names:
            owner = (lambda self: self.connection) if kind is cursor else (lambda self: self)
            watched = _watched(rows, module, getattr(kind, name), owner, order, read)
            replace_method(rows.probe, kind, name, watched)
    _measure(rows, module, order, plain)


def _watched(
    rows: Rows,
    module: Any,
    plain: Callable[..., Any],
    owner: Callable[[Any], Any],
    order: _Order,
    read: Callable[[Any, list[str]], tuple[Keys, bool]],
) -> Callable[..., Any]:
    @functools.wraps(plain)
    def execute(self: Any, *args: Any) -> Any:
        permuted = None
        frame = sys._getframe(1)
        if args and rows.asks(args[0]):
            permuted = rows.permuted(frame, "sqlite", args[0], "sqlite3", functools.partial(read, self))
        try:
            with rows.inside():
                if permuted is not None:
                    done, result = _run(rows, module, plain, self, owner(self), order, (permuted, *args[1:]))
                    if done:
                        return result
                # Adapters of parameters warn of being deprecated, in the name of the line that called.
                if _ADAPTERS_WARN and len(args) > 1:
                    return call_as(frame, plain, (self, *args), {})
                return plain(self, *args)
        except BaseException as error:
            without_this_frame(error)
            raise

    return execute


def _run(
    rows: Rows,
    module: Any,
    plain: Callable[..., Any],
    target: Any,
    connection: Any,
    order: _Order,
    args: Sequence[Any],
) -> tuple[bool, Any]:
    """Run a permuted query; whether it went well, and what it gave. Where it does not, the user's own is to be run."""
    for known in (True, False):
        if not known:
            connection.create_function(_FUNCTION, 1, order)
        order.start()
        try:
            return True, plain(target, *args)
        except module.Error as error:
            if not known or f"no such function: {_FUNCTION}" not in str(error):
                rows.failed("sqlite3", error)
                return False, None
    return False, None


def _unique_columns(module: Any, plain: Callable[..., Any], asked: Any, tables: list[str]) -> tuple[Keys, bool]:
    """What ``rows.permuted`` asks for, from the database that a cursor or connection is of."""
    connection = asked.connection if isinstance(asked, module.Cursor) else asked
    cursor = module.Cursor(connection)
    cursor.row_factory = None

    def read(sql: str) -> list[Any]:
        return [
            tuple(each.decode() if isinstance(each, bytes) else each for each in row)
            for row in plain(cursor, sql).fetchall()
        ]

    found: Keys = {}
    for table in tables:
        try:
            keys = _keys_of(read, table)
        except (module.Error, UnicodeDecodeError):
            continue
        if keys:
            found[table] = keys
    return found, False


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
        # Unique columns may hold any number of NULLs, unless they are declared otherwise.
        open_ones = " OR ".join(f"{_quoted(each)} IS NULL" for each in names if each not in never_null)
        if not open_ones or not read(f"SELECT 1 FROM {name} WHERE {open_ones} LIMIT 1"):  # noqa: S608 - quoted names
            found.append([each.lower() for each in names])
    made = read(f"SELECT type, sql FROM sqlite_master WHERE lower(name) = {name.lower().replace(chr(34), chr(39))}")  # noqa: S608
    if made and made[0][0] == "table" and not _WITHOUT_ROWID.search(made[0][1] or ""):
        found += [["rowid"], ["_rowid_"], ["oid"]]
    return sorted(found)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _measure(rows: Rows, module: Any, order: _Order, plain: Callable[..., Any]) -> None:
    connection = module.connect(":memory:")
    try:
        cursor = connection.cursor()
        plain(cursor, "CREATE TABLE reprocheck (v INTEGER)")
        cursor.executemany("INSERT INTO reprocheck VALUES (?)", [(value,) for value in range(8)])

        def run(sql: str) -> Sequence[Any]:
            done, _result = _run(rows, module, plain, cursor, connection, order, (sql,))
            return cursor.fetchall() if done else ()

        rows.measure(run, "sqlite")
    finally:
        connection.close()
