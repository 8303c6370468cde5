"""Queries whose engine draws by itself."""

from __future__ import annotations

import pytest

from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.diagnose.engines import drawing_queries


def lines(code: str) -> list[int | None]:
    """The lines that are found."""
    return [found.place.line for found in drawing_queries([Unit(path="a.py", cell=None, text=code)])]


@pytest.mark.parametrize(
    "code",
    [
        "db.execute('SELECT n FROM t ORDER BY random() LIMIT 10')",
        "con.sql('from t using sample 50')",
        "con.execute(f'SELECT avg(n) FROM {table} TABLESAMPLE 10%')",
        "pd.read_sql('select uuid() as id, n from t', db)",
    ],
)
def test_a_query_that_draws(code: str) -> None:
    """By a function, or a clause without a seed; at the call that is given it."""
    assert lines(f"x = 1\n{code}\n") == [2]


def test_a_query_that_has_a_name() -> None:
    """It counts where it is run."""
    assert lines("SQL = 'SELECT * FROM t ORDER BY RANDOM()'\n\ndef load(db):\n    return db.execute(SQL)\n") == [4]


def test_other_texts() -> None:
    """A clause with a seed, a column's name, and words that are no query."""
    assert lines("db.execute('SELECT random FROM t')") == []
    assert lines("db.execute('SELECT * FROM t TABLESAMPLE 10% REPEATABLE (3)')") == []
    assert lines("print('call random() first')") == []
