"""Drivers written in C, whose types cannot be changed: their connections are made so that statements are asked about.

psycopg2 lets connections and cursors be subclassed; of other drivers the connection is wrapped.
"""

from __future__ import annotations

import functools

from ..frames import without_this_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .guard import Effect, Guard

_STATEMENT_FIRST = ("execute", "executemany", "copy_expert", "executescript")
_SENDING = {"callproc": "CALL", "copy_from": "COPY", "bulkcopy": "COPY"}
"""Methods that name no statement -> the statement that they send."""


def watch_psycopg2(guard: Guard, module: Any, describe: Callable[..., Effect | None]) -> None:
    """Give every connection a class whose cursors ask."""
    plain = module._connect  # noqa: SLF001  (``connect`` itself keeps its name and its signature)
    base, default = module.extensions.connection, module.extensions.cursor
    cursors: dict[type, type] = {}
    connections: dict[type, type] = {}

    def cursor(self: Any, name: Any = None, cursor_factory: Any = None, *args: Any, **kwargs: Any) -> Any:
        chosen = cursor_factory or self.cursor_factory or default
        if isinstance(chosen, type):
            if chosen not in cursors:
                cursors[chosen] = _watched_cursor(guard, chosen, describe)
            chosen = cursors[chosen]
        return base.cursor(self, name, chosen, *args, **kwargs)

    # Below the user's class, whose own ``cursor`` chooses a factory and calls on.
    asking = _subclass((base,), {"cursor": cursor})
    connections[base] = asking

    @functools.wraps(plain)
    def connect(dsn: Any, connection_factory: Any = None, **kwargs: Any) -> Any:
        chosen = connection_factory or base
        if guard.probe.active and isinstance(chosen, type):
            if chosen not in connections:
                connections[chosen] = _subclass((chosen, asking), {})
            chosen = connections[chosen]
        try:
            return plain(dsn, connection_factory=chosen, **kwargs)
        except BaseException as error:
            without_this_frame(error)
            raise

    guard.probe.replace(module, "_connect", connect)


def _watched_cursor(guard: Guard, kind: Any, describe: Callable[..., Effect | None]) -> type:
    def asking(name: str, *, sends: str = "") -> Any:
        plain = getattr(kind, name)

        @functools.wraps(plain)
        def watched(self: Any, *args: Any, **kwargs: Any) -> Any:
            guard.check(describe, self, *((sends,) if sends else args), **kwargs)
            return plain(self, *args, **kwargs)

        return watched

    members = {name: asking(name) for name in _STATEMENT_FIRST if hasattr(kind, name)}
    members |= {name: asking(name, sends=sends) for name, sends in _SENDING.items() if hasattr(kind, name)}
    return _subclass((kind,), members)


def _subclass(kinds: tuple[type, ...], members: dict[str, Any]) -> type:
    """A class that looks like the first of its bases."""
    kind = kinds[0]
    named = {"__module__": kind.__module__, "__qualname__": kind.__qualname__, "__doc__": kind.__doc__}
    return type(kind.__name__, kinds, {**named, **members})


def watch_connect(guard: Guard, module: Any, describe: Callable[..., Effect | None]) -> None:
    """Let ``connect`` give connections that ask; they know their server from its arguments."""
    plain = module.connect

    @functools.wraps(plain)
    def connect(*args: Any, **kwargs: Any) -> Any:
        try:
            connection = plain(*args, **kwargs)
        except BaseException as error:
            without_this_frame(error)
            raise
        if not guard.probe.active:
            return connection
        check = functools.partial(guard.check, describe, (args, kwargs))
        return Asking(connection, check)

    guard.probe.replace(module, "connect", connect)


class Asking:
    """Stands for a connection or a cursor of a driver, and asks before it passes on what sends a statement."""

    def __init__(self, own: Any, check: Callable[..., None]) -> None:
        object.__setattr__(self, "_own", own)
        object.__setattr__(self, "_check", check)

    def __getattribute__(self, name: str) -> Any:
        own, check = _inside(self)
        if name == "__class__":
            return type(own)  # so that ``isinstance`` finds the driver's own class
        found = getattr(own, name)
        if name in _STATEMENT_FIRST:
            return _passing_on(self, found, ())
        if name in _SENDING:
            return _passing_on(self, found, (_SENDING[name],))
        if name == "cursor":
            return lambda *args, **kwargs: Asking(found(*args, **kwargs), check)
        return Asking(found, check) if name == "connection" else found

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(_inside(self)[0], name, value)

    def __repr__(self) -> str:
        return repr(_inside(self)[0])

    def __enter__(self) -> Any:
        _inside(self)[0].__enter__()
        return self

    def __exit__(self, *args: object) -> Any:
        return _inside(self)[0].__exit__(*args)

    def __iter__(self) -> Any:
        return iter(_inside(self)[0])

    def __next__(self) -> Any:
        return next(_inside(self)[0])


def _inside(asking: Asking) -> tuple[Any, Callable[..., None]]:
    return object.__getattribute__(asking, "_own"), object.__getattribute__(asking, "_check")


def _passing_on(asking: Asking, found: Any, sends: tuple[str, ...]) -> Any:
    own, check = _inside(asking)

    @functools.wraps(found)
    def call(*args: Any, **kwargs: Any) -> Any:
        check(*(sends or args), **kwargs)
        result = found(*args, **kwargs)
        if result is own:
            return asking
        return Asking(result, check) if hasattr(result, "execute") else result

    return call
