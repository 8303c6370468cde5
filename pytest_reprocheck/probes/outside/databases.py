"""SQL statements that are no queries, sent to a server on another machine.

Files and databases in memory are nobody's concern here. Each driver is watched at the function through which its
statements go; drivers written in C get a connection that asks first. SQLAlchemy is watched as a whole, whatever its
driver.
"""

from __future__ import annotations

import re

from .guard import Effect
from .statements import effect_of
from .transfers import peer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .guard import Guard

    Server = tuple[str, int | None]

"""Host and port; the host is empty for what has no other machine: a file, a Unix socket."""

_ORACLE_HOST = re.compile(r"\bHOST\s*=\s*([^)\s]+)", re.IGNORECASE)
_ODBC_HOST = re.compile(r"(?:^|;)\s*(?:server|host|hostname|address|addr|data source)\s*=\s*\{?([^;}]+)", re.IGNORECASE)
_PSYCOPG_CALLS = ("execute", "executemany", "copy", "stream")
_ASYNCPG_CALLS = ("execute", "executemany", "fetch", "fetchval", "fetchrow", "fetchmany", "prepare", "cursor")
_IN_PROCESS = frozenset({"sqlite", "duckdb"})


def install(guard: Guard, name: str, module: Any) -> None:
    """Watch the driver, or SQLAlchemy, that a module of this name is."""
    if name == "sqlalchemy":
        _watch_sqlalchemy(guard, module)
    elif name == "psycopg2":
        from .native import watch_psycopg2

        watch_psycopg2(guard, module, _statement(_libpq_server))
    elif name in ("pyodbc", "pymssql"):
        from .native import watch_connect

        watch_connect(guard, module, _statement(_odbc_server))
    else:
        for kind, methods, server in _POINTS[name]:
            owner = getattr(module, kind, None)
            for method in methods if owner is not None else ():
                guard.watch(owner, method, _statement(server))


def _statement(server: Callable[[Any], Server]) -> Callable[..., Effect | None]:
    """Tells a call whose first argument is a statement; ``server`` is asked with the object whose method it is."""

    def describe(owner: Any, statement: Any = None, *_args: Any, **kwargs: Any) -> Effect | None:
        text = _text(statement if statement is not None else kwargs.get("query", kwargs.get("sql")), owner)
        what = effect_of(text)
        if not what:
            return None
        host, port = server(owner)
        return Effect(host, port, f"SQL {what}")

    return describe


def _text(statement: Any, owner: Any) -> str:
    if isinstance(statement, (bytes, bytearray)):
        return bytes(statement).decode("utf-8", "replace")
    as_string = getattr(statement, "as_string", None)  # psycopg's composed statements
    return str(as_string(owner) if as_string is not None else statement or "")


def _named(owner: Any) -> Server:
    """Connections that keep their host under one of the usual names."""
    for path in ("unix_socket", "_unix_socket"):
        if getattr(owner, path, None):
            return "", None
    host = getattr(owner, "host", None) or getattr(owner, "_host", None) or ""
    port = getattr(owner, "port", None) or getattr(owner, "_port", None)
    return str(host), port if isinstance(port, int) else None


def _mysqlclient_server(connection: Any) -> Server:
    """``10.1.2.3 via TCP/IP``, ``Localhost via UNIX socket``."""
    host, _, way = str(connection.get_host_info()).partition(" via ")
    return ("", None) if "TCP" not in way else (host, getattr(connection, "port", None))


def _libpq_server(cursor: Any) -> Server:
    info = cursor.connection.info
    return str(info.host or ""), info.port


def _pg8000_server(connection: Any) -> Server:
    return peer(connection._usock)  # noqa: SLF001  (has no public name)


def _asyncpg_server(connection: Any) -> Server:
    address = connection._addr  # noqa: SLF001  (has no public name)
    return (str(address[0]), int(address[1])) if isinstance(address, tuple) else ("", None)


def _oracle_server(cursor: Any) -> Server:
    """From ``host:port/service``, a full description, or a name that only its own configuration knows."""
    dsn = str(getattr(cursor.connection, "dsn", None) or "")
    found = _ORACLE_HOST.search(dsn)
    host = found[1] if found else dsn.partition("://")[2] or dsn
    return host.removeprefix("//").partition("/")[0].partition(":")[0], None


def _odbc_server(connecting: tuple[tuple[Any, ...], dict[str, Any]]) -> Server:
    """From the arguments of ``connect``; a data source whose server they do not name is another machine."""
    args, kwargs = connecting
    named = next((str(kwargs[key]) for key in ("server", "SERVER", "host", "HOST") if kwargs.get(key)), "")
    text = str(args[0]) if args else ""
    found = _ODBC_HOST.search(text)
    host = named or (found[1] if found else text if "=" not in text and ";" not in text else "")
    host = re.split(r"[,\\]", host.strip().removeprefix("tcp:"))[0].strip()
    return ("localhost" if host in (".", "(local)") else host or text or "?"), None


def _watch_sqlalchemy(guard: Guard, module: Any) -> None:
    def describe(connection: Any, _cursor: Any, statement: Any, *_args: Any, **_kwargs: Any) -> Effect | None:
        url = connection.engine.url
        if connection.dialect.name in _IN_PROCESS or not url.host:
            return None  # a server that only the driver knows is the driver's own to tell
        what = effect_of(_text(statement, connection))
        return Effect(str(url.host), url.port, f"SQL {what}") if what else None

    # SQLAlchemy calls by position, after it has looked at the number of arguments.
    def before_execute(conn: Any, cursor: Any, statement: Any, _values: Any, _context: Any, _many: Any) -> None:
        guard.check(describe, conn, cursor, statement)

    event, engine = module.event, module.engine.Engine
    event.listen(engine, "before_cursor_execute", before_execute)
    guard.probe.undo(lambda: event.remove(engine, "before_cursor_execute", before_execute))


_POINTS: dict[str, list[tuple[str, tuple[str, ...], Callable[[Any], Server]]]] = {
    "pymysql.connections": [("Connection", ("query",), _named)],
    "MySQLdb.connections": [("Connection", ("query",), _mysqlclient_server)],
    "mysql.connector.connection": [("MySQLConnection", ("cmd_query", "cmd_stmt_prepare"), _named)],
    "mysql.connector.connection_cext": [("CMySQLConnection", ("cmd_query", "cmd_stmt_prepare"), _named)],
    "mysql.connector.aio.connection": [("MySQLConnection", ("cmd_query", "cmd_stmt_prepare"), _named)],
    "psycopg.cursor": [("Cursor", _PSYCOPG_CALLS, _libpq_server)],
    "psycopg.cursor_async": [("AsyncCursor", _PSYCOPG_CALLS, _libpq_server)],
    "pg8000.core": [("CoreConnection", ("execute_simple", "execute_unnamed", "prepare_statement"), _pg8000_server)],
    "asyncpg.connection": [("Connection", _ASYNCPG_CALLS, _asyncpg_server)],
    "oracledb.cursor": [
        (kind, ("execute", "executemany", "prepare", "parse"), _oracle_server)
        for kind in ("BaseCursor", "Cursor", "AsyncCursor")
    ],
    "clickhouse_driver.connection": [("Connection", ("send_query",), _named)],
}
"""Module -> class, its methods that take a statement first, and where it says which server it speaks to."""
