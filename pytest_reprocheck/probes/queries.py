"""What user code's queries give: their text, parameters, and digests of the rows, for records.

Only where a run is told to (``tells_rows``): each row that is fetched is looked at. Rows of ``sqlite3`` pass through
the cursor's row factory, those of other drivers of the DB-API through the methods that fetch.
"""

# Callers' frames have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import functools
import sys
from _thread import _local
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from .patching import definer, replaced, without_own_frames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FrameType

    from .probe import Probe

_MOST_QUERIES = 200
"""Queries of one run that are told."""
_MOST_ROWS = 1_000_000
"""Rows of one query that are looked at."""
_BITS = 2**128 - 1
_FETCHES = ("fetchall", "fetchmany", "fetchone", "__next__")


@dataclass(kw_only=True, slots=True)
class Asked:
    """A query, and what was fetched of it since it was told last."""

    text: str
    parameters: Any
    columns: list[str]
    stack: list[dict[str, Any]]
    ordered: Any
    """The running digest."""
    unordered: int = 0
    rows: int = 0
    orderless: bool = True
    """Whether all that was fetched has a digest without order."""
    frames: list[str] = field(default_factory=list)
    """Digests of tables that were fetched instead of rows."""
    number: int = 0
    """Of the query: what was fetched of it in another step is another entry."""


class Queries:
    """The queries whose rows are being fetched."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        self._open: WeakKeyDictionary[Any, Asked] = WeakKeyDictionary()
        self._waiting: list[Asked] = []
        self._classes: set[type] = set()
        self._count = 0
        self._local = _local()
        self._asked = probe.guarded("rows of queries", self._begin)
        self._took = probe.guarded("rows of queries", self._take)

    def watch_sqlite(self, module: Any) -> None:
        """Watch all cursors: connections make one for whatever they execute."""
        factories: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()

        def asked(cursor: Any, frame: FrameType, args: tuple[Any, ...]) -> None:
            if not self._asked(cursor, frame, args):
                return
            # The factory sees rows, and not that there are none.
            self._waiting.append(self._open[cursor])
            # A cursor that asks again still has the factory that tells of its rows.
            if factories.get(cursor, self) is not cursor.row_factory:
                plain = cursor.row_factory

                def told(given: Any, row: tuple[Any, ...]) -> Any:
                    self._took(given, (row,))
                    return row if plain is None else plain(given, row)

                factories[cursor] = cursor.row_factory = told

        for kind in (module.Cursor, module.Connection):
            self._watch(kind, "execute", asked)

    def watch(self, cursor: Any) -> None:
        """Watch the cursors of another driver, of this one's class."""
        kind = definer(cursor.__class__, "execute")
        if kind in self._classes or kind.__module__.partition(".")[0] in ("sqlite3", "_sqlite3", "duckdb", "_duckdb"):
            return
        self._classes.add(kind)
        self._watch(kind, "execute", self._asked)
        for name in _FETCHES:
            if hasattr(kind, name):
                self._watch_fetch(definer(kind, name), name)

    def ask(self, source: Any, frame: FrameType, args: tuple[Any, ...]) -> bool:
        """A statement was run by something that rows will be fetched from; whether they will be told."""
        return bool(self._asked(source, frame, args))

    def knows(self, source: Any) -> bool:
        """Whether the rows of what it ran last are told."""
        return source in self._open

    def take(self, source: Any, rows: Iterable[Any]) -> None:
        """Rows were fetched."""
        self._took(source, rows)

    def take_table(self, source: Any, kind: str, table: Any, rows: int) -> None:
        """All rows of a query were fetched as a table."""
        asked = self._open.get(source)
        if asked is None:
            return
        value = self.probe.encode(table)
        asked.frames.append(f"{kind}:{value.get('digest') or ''}")
        rest = value.get("rows_digest")
        asked.orderless = asked.orderless and rest is not None
        asked.unordered = asked.unordered + int(rest or "0", 16) & _BITS
        asked.rows += rows
        if not any(each is asked for each in self._waiting):
            self._waiting.append(asked)

    def end_step(self) -> None:
        """Write what was fetched in this step."""
        found, self._waiting = self._waiting, []
        for asked in found:
            fields = {
                "number": asked.number,
                "text": asked.text,
                "parameters": asked.parameters,
                "columns": asked.columns,
                "rows": asked.rows,
                "ordered": " ".join(asked.frames) or str(asked.ordered.hexdigest()),
                "unordered": f"{asked.unordered:032x}" if asked.orderless else "",
            }
            value = self.probe.encode_fields("query", fields)
            self.probe.observe("data", f"query {asked.text[:60]}", value, stack=asked.stack)
            asked.ordered, asked.unordered, asked.rows = self.probe.digests.new(), 0, 0
            asked.frames, asked.orderless = [], True

    def _watch(self, kind: type, name: str, asked: Callable[[Any, FrameType, tuple[Any, ...]], object]) -> None:
        plain = vars(kind)[name]

        @functools.wraps(plain)
        def execute(target: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                result = plain(target, *args, **kwargs)
            except BaseException as error:
                without_own_frames(error)
                raise
            if self.probe.watching:
                # Connections of sqlite3 execute, too, and give the cursor.
                asked(target if hasattr(target, "description") else result, sys._getframe(1), args)
            return result

        self.probe.undo(replaced(kind, name, execute))

    def _watch_fetch(self, kind: type, name: str) -> None:
        plain, took, local = vars(kind)[name], self._took, self._local
        single = name in ("fetchone", "__next__")

        @functools.wraps(plain)
        def fetch(target: Any, *args: Any, **kwargs: Any) -> Any:
            # Some drivers fetch many rows by fetching one after the other.
            is_inner = getattr(local, "fetching", False)
            local.fetching = True
            try:
                found = plain(target, *args, **kwargs)
            except BaseException as error:
                without_own_frames(error)
                raise
            finally:
                local.fetching = is_inner
            if not is_inner:
                took(target, () if found is None else (found,) if single else found)
            return found

        self.probe.undo(replaced(kind, name, fetch))

    def _begin(self, cursor: Any, frame: FrameType, args: tuple[Any, ...]) -> bool:
        """Whether the rows of a statement are to be told: user code asked for them."""
        self._open.pop(cursor, None)
        if not self.probe.log.main or cursor.description is None or not args:
            return False
        origin = self.probe.origin(frame)
        if origin is None or not isinstance(args[0], str):
            return False
        self._count += 1
        if self._count > _MOST_QUERIES:
            if self.probe.first_time("queries"):
                self.probe.not_compared("rows of queries", f"only those of the first {_MOST_QUERIES} are told")
            return False
        self._open[cursor] = Asked(
            text=" ".join(args[0].split()),
            parameters=args[1] if len(args) > 1 else None,
            columns=[str(column[0]) for column in cursor.description],
            stack=self.probe.frames.stack(origin.user),
            ordered=self.probe.digests.new(),
            number=self._count,
        )
        return True

    def _take(self, cursor: Any, rows: Iterable[Any]) -> None:
        asked = self._open.get(cursor)
        if asked is None or asked.rows > _MOST_ROWS:
            return
        if not any(each is asked for each in self._waiting):
            self._waiting.append(asked)
        for row in rows:
            told = repr(tuple(row.values()) if isinstance(row, dict) else tuple(row)).encode("utf-8", "surrogatepass")
            asked.ordered.update(told)
            one = self.probe.digests.new()
            one.update(told)
            asked.unordered = asked.unordered + int(one.hexdigest()[:32], 16) & _BITS
            asked.rows += 1
