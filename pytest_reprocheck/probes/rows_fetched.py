"""Rows shuffled once they are fetched, where the order of all is open and no statement is known that permutes it."""

from __future__ import annotations

import functools

from .patching import definer, replaced
from .rows_open import mixed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .rows_open import Rows

_METHODS = ("fetchall", "fetchmany", "fetchone", "__iter__", "__next__")


class Fetched:
    """The cursors of one class that have shuffled rows to give."""

    def __init__(self, rows: Rows, kind: type) -> None:
        from weakref import WeakKeyDictionary

        self._number = rows.number
        self._waiting: WeakKeyDictionary[Any, list[Any]] = WeakKeyDictionary()
        """The rows that are still to be given, the next one last."""
        owners = {name: definer(kind, name) for name in _METHODS if hasattr(kind, name)}
        self._plain = {name: vars(owner)[name] for name, owner in owners.items()}
        if self._number:
            for name, owner in owners.items():
                rows.probe.undo(replaced(owner, name, self._instead(name)))
        self.shuffle = rows.probe.guarded("row order", self._shuffle)
        """Fetch all rows of a cursor and put them into another order."""

    def takes(self, cursor: Any) -> bool:
        """Whether a cursor's rows can be kept here."""
        return "fetchall" in self._plain and hasattr(cursor, "__weakref__")

    def forget(self, cursor: Any) -> None:
        """The cursor executes something else."""
        if self._waiting:
            self._waiting.pop(cursor, None)

    def _shuffle(self, cursor: Any) -> None:
        found = list(self._plain["fetchall"](cursor))
        places = sorted(range(len(found)), key=lambda place: mixed(self._number, place))
        self._waiting[cursor] = [found[place] for place in places]

    def _instead(self, name: str) -> Any:
        plain, served = self._plain[name], getattr(self, f"_{name.strip('_')}")

        @functools.wraps(plain)
        def fetch(cursor: Any, *args: Any, **kwargs: Any) -> Any:
            if cursor in self._waiting:
                return served(cursor, *args, **kwargs)
            return plain(cursor, *args, **kwargs)

        return fetch

    def _fetchall(self, cursor: Any) -> list[Any]:
        rows = self._waiting[cursor]
        found, rows[:] = rows[::-1], []
        return found

    def _fetchmany(self, cursor: Any, size: int | None = None) -> list[Any]:
        rows = self._waiting[cursor]
        count = min(len(rows), cursor.arraysize if size is None else size)
        return [rows.pop() for _ in range(count)]

    def _fetchone(self, cursor: Any) -> Any:
        rows = self._waiting[cursor]
        return rows.pop() if rows else None

    def _iter(self, cursor: Any) -> Iterator[Any]:
        while rows := self._waiting[cursor]:
            yield rows.pop()

    def _next(self, cursor: Any) -> Any:
        rows = self._waiting[cursor]
        if not rows:
            raise StopIteration
        return rows.pop()
