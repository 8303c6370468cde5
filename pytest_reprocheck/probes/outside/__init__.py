"""Effects outside: an audit must not send, charge or store anything twice.

What would change something on another machine is refused before anything is sent, where it is clear from the call
what it is: HTTP verbs, SQL statements, mail, file transfers. Reading passes, and so does the machine itself. Only
libraries that the subject imports are touched. Raw sockets, gRPC and programs that are no Python are not told apart.
"""

from __future__ import annotations

import functools

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..probe import Probe
    from .guard import Guard

_HTTP = (
    "http.client",
    "urllib3.connectionpool",
    "urllib3.http2.connection",
    "httpcore._sync.connection_pool",
    "httpcore._async.connection_pool",
    "httpcore2._sync.connection_pool",
    "httpcore2._async.connection_pool",
    "aiohttp.connector",
    "tornado.simple_httpclient",
)
_TRANSFER = ("smtplib", "ftplib", "paramiko.sftp_client", "paramiko.channel")
_DATABASES = (
    "pymysql.connections",
    "MySQLdb.connections",
    "mysql.connector.connection",
    "mysql.connector.connection_cext",
    "mysql.connector.aio.connection",
    "psycopg.cursor",
    "psycopg.cursor_async",
    "psycopg2",
    "pg8000.core",
    "asyncpg.connection",
    "oracledb.cursor",
    "clickhouse_driver.connection",
    "pyodbc",
    "pymssql",
    "sqlalchemy",
)
_TRACKERS = ("mlflow.tracking._tracking_service.utils", "mlflow.tracking._model_registry.utils", "wandb.sdk.wandb_init")


def hooks(probe: Probe) -> dict[str, Callable[[Any], None]]:
    """What is to be done right after each of these modules was imported."""

    @functools.cache
    def guard() -> Guard:
        from .guard import Guard

        return Guard(probe)

    def http(name: str, module: Any) -> None:
        from . import http_verbs

        http_verbs.install(guard(), name, module)

    def transfer(name: str, module: Any) -> None:
        from . import transfers

        transfers.install(guard(), name, module)

    def databases(name: str, module: Any) -> None:
        from . import databases

        databases.install(guard(), name, module)

    def trackers(name: str, module: Any) -> None:
        from . import trackers

        trackers.install(guard(), name, module)

    kinds = ((http, _HTTP), (transfer, _TRANSFER), (databases, _DATABASES), (trackers, _TRACKERS))
    return {name: functools.partial(install, name) for install, names in kinds for name in names}
