"""Queries through ``duckdb``: the module's functions, and the connections' methods that take SQL."""

# Callers' frames have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import functools
import sys

from .patching import call_as, replaced, without_own_frames
from .queries_duckdb import gives_rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from .rows_open import Keys, Rows

_NAMES = ("execute", "sql", "query", "from_query")
_OPEN_STEPS = (
    "aggregate", "cross", "distinct", "except_", "first", "intersect", "join", "last", "list", "order", "sort",
    "string_agg", "unique", "value_counts",
)  # fmt: skip
"""Methods of relations whose rows come in no order that anybody promises."""
_KEYS = (
    "SELECT table_name, constraint_type, constraint_column_names FROM duckdb_constraints()"
    " WHERE constraint_type IN ('PRIMARY KEY', 'UNIQUE', 'NOT NULL')"
)


def install(rows: Rows, module: Any) -> None:
    """Watch queries, and say of relations built without SQL that their order is not varied."""
    kind = module.DuckDBPyConnection
    own = functools.partial(_own_cursor, kind.cursor, kind.execute)
    rows.measurements["duckdb"] = functools.partial(_measure, rows, module, kind.execute)
    # The extension tells of every object of its own that is left at the end.
    undo = functools.partial(rows.probe.undo, at_exit=True)
    undo(lambda: rows.measurements.pop("duckdb", None))
    for name in _NAMES:
        if hasattr(kind, name):
            undo(replaced(kind, name, _watched(rows, module, getattr(kind, name), own, method=True)))
        if hasattr(module, name):
            undo(replaced(module, name, _watched(rows, module, getattr(module, name), own, method=False)))
    relation = module.DuckDBPyRelation
    if rows.told is not None:
        from .queries_duckdb import watch_fetches

        watch_fetches(rows.told, module, undo)
    for name in _OPEN_STEPS:
        if name in vars(relation):
            undo(replaced(relation, name, _noted(rows, getattr(relation, name), name)))


def _measure(rows: Rows, module: Any, execute: Callable[..., Any]) -> None:
    with module.connect(":memory:") as connection:
        execute(connection, "CREATE TABLE reprocheck AS SELECT v FROM range(8) AS r(v)")
        rows.measure(lambda sql: list(execute(connection, sql).fetchall()), "duckdb")


def _watched(
    rows: Rows,
    module: Any,
    plain: Callable[..., Any],
    own: Callable[[Any], Callable[[str], list[Any]]],
    *,
    method: bool,
) -> Callable[..., Any]:
    place = 1 if method else 0

    def connection_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if method:
            return args[0]
        return kwargs.get("connection") or module.default_connection()

    @functools.wraps(plain)
    def run(*args: Any, **kwargs: Any) -> Any:
        frame = sys._getframe(1)
        choice = failure = None
        if len(args) > place and rows.asks(args[place]):
            keys = functools.partial(_unique_columns, lambda: own(connection_of(args, kwargs)))
            choice = rows.permuted(frame, "duckdb", args[place], "duckdb", keys)
        try:
            # Names of tables are also looked for among the caller's variables.
            with rows.inside():
                if choice is not None:
                    changed = (*args[:place], choice.sql, *args[place + 1 :])
                    try:
                        return call_as(frame, plain, changed, kwargs, variables=True)
                    except module.Error as error:
                        failure = error
                result = call_as(frame, plain, args, kwargs, variables=True)
        except BaseException as error:
            without_own_frames(error)
            raise
        if failure is not None:
            rows.failed("duckdb", failure)
        if rows.told is not None and result is not None and len(args) > place and gives_rows(args[place]):
            given = kwargs.get("parameters", kwargs.get("params"))
            rows.told.ask(result, frame, (*args[place:], *([] if given is None else [given])))
        return result

    return run


def _own_cursor(
    cursor: Callable[[Any], Any], execute: Callable[..., Any], connection: Any
) -> Callable[[str], list[Any]]:
    """Queries of the probe's own, which leave the user's pending result alone."""
    duplicate = cursor(connection)
    return lambda sql: list(execute(duplicate, sql).fetchall())


def _unique_columns(own: Callable[[], Callable[[str], list[Any]]], _tables: list[str]) -> tuple[Keys, bool]:
    """What ``rows.permuted`` asks for; and whether rows of one table come as they were inserted, as is the default."""
    read = own()
    found: Keys = {}
    constraints = read(_KEYS)
    never_null = {(table, name) for table, kind, names in constraints for name in names if kind == "NOT NULL"}
    for table, kind, names in constraints:
        if kind == "PRIMARY KEY" or (kind == "UNIQUE" and all((table, name) in never_null for name in names)):
            found.setdefault(table.lower(), []).append([name.lower() for name in names])
    ordered = read("SELECT current_setting('preserve_insertion_order')")[0][0]
    return {table: sorted(keys) for table, keys in sorted(found.items())}, bool(ordered)


def _noted(rows: Rows, plain: Callable[..., Any], name: str) -> Callable[..., Any]:
    def note(frame: FrameType) -> None:
        origin = rows.probe.origin(frame)
        if origin is not None and not origin.library and rows.probe.first_time("relation", name, origin.user.f_lineno):
            place = rows.probe.frames.stack(origin.user)[0]["place"]
            what = f"other orders of rows of a DuckDB relation's {name}() at {place['path']}:{place['line']}"
            rows.probe.not_compared(what, "its order is varied only where the relation is made by SQL")

    noted = rows.probe.guarded("row order", note)

    @functools.wraps(plain)
    def step(*args: Any, **kwargs: Any) -> Any:
        frame = sys._getframe(1)
        if rows.probe.watching:
            noted(frame)
        try:
            return call_as(frame, plain, args, kwargs, variables=True)
        except BaseException as error:
            without_own_frames(error)
            raise

    return step
