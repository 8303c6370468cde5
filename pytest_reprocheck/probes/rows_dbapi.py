"""Queries through other drivers of the DB-API, known by name or met through SQLAlchemy."""

# Callers' frames have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import functools
import sys

from .patching import definer, replaced, without_own_frames
from .rows_fetched import Fetched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from .rows_open import Keys, Rows

_BY_NAME = {"postgresql": "postgres", "mariadb": "mysql", "mssql": "tsql", "sqlite": ""}
"""SQLAlchemy's names of dialects -> the parser's, where they are others. A driver of SQLite's that is not Python's own
is not given the function that permuted queries call there."""
_OF_THEIR_OWN = ("sqlite3", "_sqlite3", "duckdb", "_duckdb")


def hooks(
    rows: Rows, drivers: Mapping[str, str], not_controlled: Mapping[str, str]
) -> dict[str, Callable[[Any], None]]:
    """What to do once a driver, SQLAlchemy, or a library with an engine of its own was imported.

    Args:
        rows: what is known of queries.
        drivers: modules and the dialects that they speak.
        not_controlled: modules and their functions that read rows in an order that nothing controls.
    """
    classes: set[type] = set()
    found: dict[str, Callable[[Any], None]] = {
        name: functools.partial(_install, rows, classes, name, dialect) for name, dialect in drivers.items()
    }
    found["sqlalchemy"] = functools.partial(_install_sqlalchemy, rows, classes)
    for name, function in not_controlled.items():
        found[name] = functools.partial(_note, rows, name, function)
    return found


def _install(rows: Rows, classes: set[type], name: str, dialect: str, module: Any) -> None:
    """Watch the cursors of every connection that a driver makes."""
    plain = module.connect

    def met(connection: Any) -> None:
        kind = connection.__class__  # of what stands for a connection (``outside.native``), the driver's own
        if kind not in classes:
            classes.add(kind)
            owner = definer(kind, "cursor")
            rows.probe.undo(replaced(owner, "cursor", _with_watched_cursors(rows, classes, name, dialect, owner)))

    guarded = rows.probe.guarded(f"row order of queries through {name}", met)

    @functools.wraps(plain)
    def connect(*args: Any, **kwargs: Any) -> Any:
        try:
            connection = plain(*args, **kwargs)
        except BaseException as error:
            without_own_frames(error)
            raise
        guarded(connection)
        return connection

    rows.probe.undo(replaced(module, "connect", connect))


def _with_watched_cursors(rows: Rows, classes: set[type], name: str, dialect: str, kind: type) -> Callable[..., Any]:
    plain = vars(kind)["cursor"]
    guarded = rows.probe.guarded(f"row order of queries through {name}", watch_cursor)

    @functools.wraps(plain)
    def cursor(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            made = plain(self, *args, **kwargs)
        except BaseException as error:
            without_own_frames(error)
            raise
        guarded(rows, classes, made, name, dialect)
        return made

    return cursor


def watch_cursor(rows: Rows, classes: set[type], cursor: Any, driver: str, dialect: str) -> None:
    """Watch what cursors of this one's class execute; its dialect is that of the class's first cursor."""
    owner = definer(cursor.__class__, "execute")
    if owner in classes or owner.__module__.partition(".")[0] in _OF_THEIR_OWN:
        return
    classes.add(owner)
    plain = vars(owner)["execute"]
    fetched = Fetched(rows, owner)

    @functools.wraps(plain)
    def execute(self: Any, *args: Any, **kwargs: Any) -> Any:
        fetched.forget(self)
        choice = failure = None
        if args and rows.asks(args[0]):
            shuffles = fetched.takes(self)
            choice = rows.permuted(sys._getframe(1), dialect, args[0], driver, _nothing_known, shuffles=shuffles)
        try:
            with rows.inside():
                if choice is not None and choice.sql != args[0]:
                    try:
                        return plain(self, choice.sql, *args[1:], **kwargs)
                    except Exception as error:  # each driver has classes of its own
                        failure = error
                result = plain(self, *args, **kwargs)
        except BaseException as error:
            without_own_frames(error)
            raise
        if failure is not None:
            rows.failed(driver, failure)
        if choice is not None and choice.shuffle:
            fetched.shuffle(self)
        return result

    rows.probe.undo(replaced(owner, "execute", execute))
    if rows.told is not None:
        rows.told.watch(cursor)


def _install_sqlalchemy(rows: Rows, classes: set[type], module: Any) -> None:
    """Meet drivers that are not known by name, with their dialect, when an engine executes by one."""
    event, engine = module.event, module.engine.Engine

    def before(connection: Any, cursor: Any, *_others: Any) -> None:
        dialect = connection.dialect
        watch_cursor(rows, classes, cursor, dialect.driver, _BY_NAME.get(dialect.name, dialect.name))

    listener = rows.probe.guarded("row order of queries through SQLAlchemy", before)
    event.listen(engine, "before_cursor_execute", listener)
    rows.probe.undo(lambda: event.remove(engine, "before_cursor_execute", listener))


def _note(rows: Rows, name: str, function: str, module: Any) -> None:
    """Say of an engine that answers outside of Python that the order of its rows is not varied."""
    plain = getattr(module, function)

    @functools.wraps(plain)
    def noted(*args: Any, **kwargs: Any) -> Any:
        if rows.probe.watching and rows.probe.first_time("driver", name):
            rows.probe.not_compared(
                f"other orders of rows of queries through {name}", "they do not pass through Python"
            )
        try:
            return plain(*args, **kwargs)
        except BaseException as error:
            without_own_frames(error)
            raise

    rows.probe.undo(replaced(module, function, noted))


def _nothing_known(_tables: list[str]) -> tuple[Keys, bool]:
    return {}, False
