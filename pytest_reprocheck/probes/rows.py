"""The order of rows: what is watched once a driver was imported."""

from __future__ import annotations

import functools

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .probe import Probe
    from .queries import Queries
    from .rows_open import Rows


DRIVERS = {
    "MySQLdb": "mysql",
    "cx_Oracle": "oracle",
    "mysql.connector": "mysql",
    "oracledb": "oracle",
    "pg8000.dbapi": "postgres",
    "psycopg": "postgres",
    "psycopg2": "postgres",
    "pymssql": "tsql",
    "pymysql": "mysql",
    "pyodbc": "tsql",
    "snowflake.connector": "snowflake",
}
"""Module -> the dialect that it speaks, for all that is known before it connects."""
NOT_CONTROLLED = {"connectorx": "read_sql", "adbc_driver_manager.dbapi": "connect"}
"""Module -> its function that reads rows; the order of these is not controlled."""


def hooks(probe: Probe, told: Queries | None = None) -> dict[str, Callable[[Any], None]]:
    """What to do once a driver was imported; nothing where there are no answers to be had."""
    if "queries" not in probe.config:
        return {}
    drivers = Drivers(probe, told)
    if not probe.config["queries"]:
        drivers.rows.problem("there is no socket for questions about queries: the path of the runs' folder is too long")
    others = [*DRIVERS, *NOT_CONTROLLED, "sqlalchemy"]
    return {
        "sqlite3": drivers.install_in_sqlite,
        "duckdb": drivers.install_in_duckdb,
        **{name: functools.partial(drivers.install_in_other, name) for name in others},
    }


class Drivers:
    """What watches drivers in one process; each part is loaded with the first driver it is for."""

    def __init__(self, probe: Probe, told: Queries | None) -> None:
        self._probe = probe
        self._told = told

    @functools.cached_property
    def rows(self) -> Rows:
        """What is known of queries."""
        from .rows_open import Rows

        return Rows(self._probe, self._told)

    @functools.cached_property
    def _others(self) -> dict[str, Callable[[Any], None]]:
        from . import rows_dbapi

        return rows_dbapi.hooks(self.rows, DRIVERS, NOT_CONTROLLED)

    def install_in_sqlite(self, module: Any) -> None:
        """Watch ``sqlite3``."""
        from . import rows_sqlite

        rows_sqlite.install(self.rows, module)

    def install_in_duckdb(self, module: Any) -> None:
        """Watch ``duckdb``."""
        from . import rows_duckdb

        rows_duckdb.install(self.rows, module)

    def install_in_other(self, name: str, module: Any) -> None:
        """Watch a driver of the DB-API, or what reads through one."""
        self._others[name](module)
