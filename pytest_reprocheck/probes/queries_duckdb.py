"""Rows that DuckDB's connections and relations give, for records."""

# Callers' frames have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

from .patching import replaced, without_own_frames

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from .queries import Queries

_ROWS = ("fetchall", "fetchmany", "fetchone")
_TABLES = {
    "df": "pandas", "fetchdf": "pandas", "fetch_df": "pandas", "to_df": "pandas", "arrow": "arrow",
    "fetch_arrow_table": "arrow", "to_arrow_table": "arrow", "pl": "polars", "fetchnumpy": "numpy",
}  # fmt: skip
"""Method -> what it gives all rows as."""
_ASKING = ("select", "from", "with", "values", "table", "pivot", "descri", "show", "summar", "pragma")
_UNTOLD = ("fetch_df_chunk", "fetch_record_batch", "torch", "tf")


def gives_rows(statement: object) -> bool:
    """Whether a text asks for rows; all others give a count of what they changed."""
    return isinstance(statement, str) and statement.lstrip(" \n\t(")[:6].lower().startswith(_ASKING)


def watch_fetches(told: Queries, module: Any, undo: Callable[[Callable[[], object]], object]) -> None:
    """Watch the methods that fetch; the module's own functions fetch from its default connection."""
    for kind in (module.DuckDBPyConnection, module.DuckDBPyRelation):
        for name in (*_ROWS, *_TABLES, *_UNTOLD):
            if name in vars(kind):
                undo(replaced(kind, name, _watched(told, name, vars(kind)[name], lambda args: args[0])))
    # Of the default connection there is no object of Python's while nobody holds one.
    held = [module.default_connection()]
    undo(held.clear)
    for name in (*_ROWS, *_TABLES, *_UNTOLD):
        if name in vars(module):
            undo(replaced(module, name, _watched(told, name, vars(module)[name], functools.partial(_default, module))))


def _default(module: Any, _args: tuple[Any, ...]) -> Any:
    return module.default_connection()


def _watched(
    told: Queries, name: str, plain: Callable[..., Any], source_of: Callable[[tuple[Any, ...]], Any]
) -> Callable[..., Any]:
    took = told.probe.guarded("rows of queries through duckdb", functools.partial(_took, told, name))

    @functools.wraps(plain)
    def fetch(*args: Any, **kwargs: Any) -> Any:
        try:
            found = plain(*args, **kwargs)
        except BaseException as error:
            without_own_frames(error)
            raise
        if told.probe.watching:
            took(source_of(args), sys._getframe(1), found)
        return found

    return fetch


def _without_generated(statement: str) -> str:
    """A statement without the parts of names that are made anew in each run."""
    import re

    return re.sub(r"_[0-9a-f]{12,16}(?:_\d+)?(?=\W)", "", statement)


def _took(told: Queries, name: str, source: Any, frame: FrameType, found: Any) -> None:
    if not told.knows(source) and hasattr(source, "sql_query"):
        # A relation that was made step by step has a statement all the same.
        told.ask(source, frame, (_without_generated(source.sql_query()),))
    if name in _UNTOLD:
        if told.knows(source) and told.probe.first_time("queries", name):
            told.probe.not_compared(f"rows of queries that {name}() gives", "they are not looked at")
    elif name in _TABLES:
        count = len(next(iter(found.values()), ())) if isinstance(found, dict) else len(found)
        told.take_table(source, _TABLES[name], found, count)
    else:
        told.take(source, () if found is None else (found,) if name == "fetchone" else found)
