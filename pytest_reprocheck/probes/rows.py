"""The order of rows: what is watched once a driver was imported."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from . import rows_dbapi, rows_duckdb, rows_sqlite
from .rows_open import Rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from .probe import Probe
    from .queries import Queries


def hooks(probe: Probe, told: Queries | None = None) -> dict[str, Callable[[Any], None]]:
    """What to do once a driver was imported; nothing where there are no answers to be had."""
    if "queries" not in probe.config:
        return {}
    rows = Rows(probe, told)
    if not probe.config["queries"]:
        rows.problem("there is no socket for questions about queries: the path of the runs' folder is too long")
    return {
        "sqlite3": functools.partial(rows_sqlite.install, rows),
        "duckdb": functools.partial(rows_duckdb.install, rows),
        **rows_dbapi.hooks(rows),
    }
