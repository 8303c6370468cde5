"""What queries leave open, told by their text, and that what is permuted is an answer that the engine might give."""

from __future__ import annotations

import itertools
import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_reprocheck.execution.permuting import ORDER_FUNCTION
from pytest_reprocheck.execution.queries import Kind, opened

KEYS = {
    "t": (frozenset({"id"}), frozenset({"code"})),
    "u": (frozenset({"uid"}),),
    "p": (frozenset({"a", "b"}),),
}
"""Unique columns of the tables below; ``w`` has none."""

ANY_ENGINE: Sequence[tuple[str, Kind]] = (
    # nothing is open
    ("SELECT * FROM t ORDER BY id", "none"),
    ("SELECT * FROM t ORDER BY g, id DESC", "none"),
    ("SELECT * FROM t ORDER BY code", "none"),
    ("SELECT id AS n, g FROM t ORDER BY n", "none"),
    ("SELECT g, id FROM t ORDER BY 2", "none"),
    ("SELECT g, id FROM t ORDER BY (id) DESC NULLS LAST LIMIT 3 OFFSET 1", "none"),
    ("SELECT x.* FROM t AS x WHERE x.g > 1 ORDER BY x.id", "none"),
    ('SELECT * FROM "t" ORDER BY "id"', "none"),
    ("SELECT * FROM main.t ORDER BY id", "none"),
    ("SELECT * FROM p ORDER BY a, b", "none"),
    ("SELECT * FROM p WHERE a = 3 ORDER BY b", "none"),
    ("SELECT * FROM p WHERE a = ? AND (b = 4)", "none"),
    ("SELECT * FROM t WHERE id = ?", "none"),
    ("SELECT * FROM t WHERE g > 2 AND 7 = id", "none"),
    ("SELECT g FROM w ORDER BY g", "none"),
    ("SELECT g, v AS q FROM w ORDER BY q, 1", "none"),
    ("SELECT DISTINCT g FROM w ORDER BY g LIMIT 2", "none"),
    ("SELECT DISTINCT id, g FROM t ORDER BY id", "none"),
    ("SELECT COUNT(*) FROM w", "none"),
    ("SELECT MAX(v), AVG(g) FROM w WHERE g > 1", "none"),
    ("SELECT SUM(v) FROM w HAVING SUM(v) > 3", "none"),
    ("SELECT g, COUNT(*) FROM w GROUP BY g ORDER BY g", "none"),
    ("SELECT g, v, COUNT(*) FROM w GROUP BY 1, 2 ORDER BY 2 DESC, 1", "none"),
    ("SELECT g % 2 AS odd, COUNT(*) FROM w GROUP BY g % 2 ORDER BY odd", "none"),
    ("SELECT id, g, COUNT(*) FROM t GROUP BY id, g ORDER BY id", "none"),
    ("SELECT t.id, u.h FROM t JOIN u ON t.uid = u.uid ORDER BY t.id", "none"),
    ("SELECT t.id, u.h FROM t LEFT JOIN u ON t.uid = u.uid ORDER BY id", "none"),
    ("SELECT t.id, u.h FROM t JOIN u USING (uid) ORDER BY t.id", "none"),
    ("SELECT t.id, u.uid AS o FROM t, u ORDER BY t.id, o", "none"),
    ("SELECT t.id FROM t, u WHERE u.uid = t.g AND t.id < 5 ORDER BY t.id", "none"),
    ("SELECT t.id, u.h FROM t JOIN u ON t.g = u.h ORDER BY t.id", "none"),  # u.h is t.g, whichever row it is
    ("SELECT t.id FROM t CROSS JOIN u WHERE u.uid = 3 ORDER BY t.id", "none"),
    ("SELECT g FROM w UNION SELECT h FROM u ORDER BY 1", "none"),
    ("SELECT g, v FROM w UNION ALL SELECT id, g FROM t ORDER BY v, g", "none"),
    ("WITH c AS (SELECT id, g FROM t WHERE g > 1) SELECT * FROM c ORDER BY id", "none"),
    ("WITH c AS (SELECT g, COUNT(*) AS n FROM w GROUP BY g) SELECT * FROM c ORDER BY g", "none"),
    ("SELECT * FROM (SELECT DISTINCT g, v FROM w) AS d ORDER BY g, v", "none"),
    (
        "SELECT t.id, c.n FROM t JOIN (SELECT g, COUNT(*) AS n FROM w GROUP BY g) AS c ON c.g = t.g ORDER BY t.id",
        "none",
    ),
    ("SELECT id, RANK() OVER (ORDER BY g) AS r FROM t ORDER BY id", "none"),
    ("SELECT id, SUM(v) OVER (PARTITION BY g) AS s FROM t ORDER BY id", "none"),
    ("SELECT id, ROW_NUMBER() OVER (PARTITION BY g ORDER BY id) AS r FROM t ORDER BY id", "none"),
    ("SELECT * FROM t WHERE EXISTS (SELECT 1 FROM w LIMIT 1) ORDER BY id", "none"),
    ("SELECT * FROM t WHERE g IN (SELECT g FROM w) ORDER BY id", "none"),
    ("SELECT MAX(x.id) FROM (SELECT id FROM t ORDER BY id LIMIT 3) AS x", "none"),
    ("SELECT 1, 'a'", "none"),
    ("SELECT * FROM w LIMIT 0", "none"),
    ("INSERT INTO w VALUES (1, 2)", "none"),
    ("DELETE FROM w WHERE g = 3", "none"),
    ("CREATE TABLE n (a INTEGER)", "none"),
    ("SELECT * FROM t ORDER BY id; -- done", "none"),
    ("", "none"),
    # rows alike in ORDER BY
    ("SELECT * FROM t ORDER BY g", "ties"),
    ("SELECT * FROM t ORDER BY g LIMIT 3", "ties"),
    ("SELECT * FROM t ORDER BY -id", "ties"),
    ("SELECT * FROM p ORDER BY b", "ties"),
    ("SELECT * FROM t WHERE id > 3 ORDER BY g", "ties"),
    ("SELECT * FROM t WHERE id = 3 OR g = 1 ORDER BY g", "ties"),
    ("SELECT g FROM w ORDER BY v", "ties"),
    ("SELECT DISTINCT g, v FROM w ORDER BY v", "ties"),
    ("SELECT g, COUNT(*) AS n FROM w GROUP BY g ORDER BY n DESC LIMIT 1", "ties"),
    ("SELECT t.id, u.k FROM t JOIN u ON t.g = u.h ORDER BY t.id", "ties"),
    ("SELECT t.id, u.uid FROM t LEFT JOIN u ON t.uid = u.uid ORDER BY u.uid", "ties"),
    ("SELECT t.id, u.uid FROM t RIGHT JOIN u ON t.uid = u.uid ORDER BY t.id", "ties"),
    ("SELECT g, v FROM w UNION SELECT uid, h FROM u ORDER BY 2", "ties"),
    ("WITH c AS (SELECT id, g FROM t) SELECT * FROM c ORDER BY g", "ties"),
    ("WITH t AS (SELECT g AS id FROM w) SELECT * FROM t JOIN u ON u.h = t.id ORDER BY t.id", "ties"),
    ("SELECT * FROM t ORDER BY g /* a comment */ -- and another", "ties"),
    ("SELECT * FROM w WHERE v = 'ORDER BY id; LIMIT 3' ORDER BY g", "ties"),
    ("SELECT * FROM t ORDER BY id; SELECT * FROM t ORDER BY g", "ties"),
    # all of the order
    ("SELECT t.id FROM t JOIN u ON t.g = u.h", "all"),
    ("SELECT t.id FROM t, u LIMIT 3", "all"),
    ("SELECT g, COUNT(*) FROM w GROUP BY g", "all"),
    ("SELECT g FROM w GROUP BY g LIMIT 2", "all"),
    ("SELECT DISTINCT g FROM w", "all"),
    ("SELECT g FROM w UNION SELECT h FROM u", "all"),
    ("SELECT g FROM w EXCEPT SELECT h FROM u LIMIT 2", "all"),
    # what is made of an order further inside
    ("SELECT MAX(x.v) FROM (SELECT v FROM t ORDER BY g LIMIT 2) AS x", "inner"),
    ("SELECT * FROM t WHERE g IN (SELECT g FROM w ORDER BY v LIMIT 2) ORDER BY id", "inner"),
    ("WITH c AS (SELECT v FROM w ORDER BY g LIMIT 3) SELECT SUM(v) FROM c", "inner"),
    ("SELECT id, ROW_NUMBER() OVER (ORDER BY g) AS r FROM t ORDER BY id", "inner"),
    ("SELECT id, LAG(v) OVER (PARTITION BY g ORDER BY v) AS b FROM t ORDER BY id", "inner"),
    ("SELECT id, SUM(v) OVER (ORDER BY g ROWS 1 PRECEDING) AS s FROM t ORDER BY id", "inner"),
    ("SELECT id, FIRST_VALUE(v) OVER w1 AS f FROM t WINDOW w1 AS (ORDER BY g) ORDER BY id", "inner"),
    ("SELECT id, LAST_VALUE(v) OVER (ORDER BY g) AS f FROM t ORDER BY id", "inner"),
    ("CREATE TABLE n AS SELECT * FROM t ORDER BY g LIMIT 3", "inner"),
    ("DELETE FROM t WHERE id IN (SELECT id FROM t ORDER BY g LIMIT 2)", "inner"),
)

SQLITE: Sequence[tuple[str, Kind]] = (
    ("SELECT * FROM t", "all"),
    ("select *\nfrom t\nwhere g > :least limit 3;", "all"),
    ("SELECT MAX(g, v) FROM w", "all"),
    ("WITH c AS (SELECT * FROM t ORDER BY id) SELECT * FROM c", "all"),
    ("SELECT * FROM t ORDER BY code COLLATE NOCASE", "ties"),
    ("SELECT GROUP_CONCAT(v) FROM w", "inner"),
    ("SELECT GROUP_CONCAT(v) FROM (SELECT v FROM w)", "inner"),
    ("SELECT GROUP_CONCAT(v) FROM (SELECT v FROM w ORDER BY v)", "none"),
    ("SELECT g, v FROM w GROUP BY g ORDER BY g", "inner"),
    ("SELECT id, v FROM t GROUP BY id ORDER BY id", "none"),
    ("SELECT id, (SELECT h FROM u WHERE u.h = t.g) FROM t ORDER BY id", "inner"),
    ("SELECT id, (SELECT h FROM u WHERE u.uid = t.g) FROM t ORDER BY id", "none"),
    ("INSERT INTO w SELECT g, v FROM t LIMIT 3", "inner"),
    ("INSERT INTO w SELECT g, v FROM t", "none"),
    ("CREATE VIEW n AS SELECT * FROM t LIMIT 3", "none"),
    ("PRAGMA table_info(t)", "none"),
    ("EXPLAIN SELECT * FROM t", "none"),
    ("SELECT * FROM t WHERE", "unknown"),
)

DUCKDB: Sequence[tuple[str, Kind]] = (
    # DuckDB promises the order of insertion for what reads one table, and for what only passes rows on.
    ("SELECT * FROM t", "none"),
    ("FROM t LIMIT 3", "none"),
    ("SELECT g, v FROM t WHERE g > 1 LIMIT 3", "none"),
    ("SELECT * FROM 'sales.csv'", "none"),
    ("SELECT * FROM (SELECT * FROM t ORDER BY id)", "none"),
    ("SELECT g FROM t UNION ALL SELECT h FROM u", "none"),
    ("SELECT ROW_NUMBER() OVER () AS r FROM t", "none"),
    ("SELECT * FROM t ORDER BY ALL", "none"),
    ("SELECT * FROM t USING SAMPLE 3", "all"),
    ("SELECT * FROM (SELECT * FROM t ORDER BY g) LIMIT 3", "ties"),
    ("SELECT LIST(v) AS l FROM t", "inner"),
    ("SELECT g, LIST(v ORDER BY id) AS l FROM t GROUP BY g ORDER BY g", "none"),
    ("SELECT DISTINCT ON (g) g, v FROM t ORDER BY g", "ties"),
    ("COPY (SELECT * FROM t ORDER BY g) TO 'x.csv'", "ties"),
    ("CREATE TABLE n AS SELECT DISTINCT g FROM t", "inner"),
)


@pytest.mark.parametrize(("sql", "kind"), [*ANY_ENGINE, *SQLITE])
def test_what_queries_leave_open_for_sqlite(sql: str, kind: Kind) -> None:
    assert opened(sql, "sqlite", KEYS).kind == kind


@pytest.mark.parametrize(("sql", "kind"), [*ANY_ENGINE, *DUCKDB])
def test_what_queries_leave_open_for_duckdb(sql: str, kind: Kind) -> None:
    assert opened(sql, "duckdb", KEYS, ordered=True).kind == kind


@pytest.mark.parametrize("dialect", ["postgres", "mysql", "snowflake", "tsql", "oracle", "bigquery"])
def test_what_queries_leave_open_elsewhere(dialect: str) -> None:
    """The parser's dialects differ; what an order decides does not."""
    differ = ('"', "LIMIT", "UNION", "USING", "WINDOW")
    for sql, kind in ANY_ENGINE:
        if not any(word in sql for word in differ):
            assert (sql, opened(sql, dialect, KEYS).kind) == (sql, kind)


@pytest.mark.parametrize(("sql", "kind"), [*ANY_ENGINE, *SQLITE])
def test_a_statement_that_leaves_nothing_open_stays_as_it_is(sql: str, kind: Kind) -> None:
    found = opened(sql, "sqlite", KEYS, number=3)
    assert (found.sql != sql) == (kind not in ("none", "unknown") and not found.problem)


@pytest.mark.parametrize(
    ("dialect", "sql", "permuted"),
    [
        (
            "postgres",
            "SELECT a % 2, b FROM s.t AS x WHERE c = %s ORDER BY d LIMIT %(n)s FOR UPDATE",
            "SELECT a % 2, b FROM s.t AS x WHERE c = %s ORDER BY d, md5(CONCAT(x, '7')) LIMIT %(n)s FOR UPDATE",
        ),
        (
            "postgres",
            "SELECT lower(a) AS l, count(*) FROM t GROUP BY l",
            "SELECT lower(a) AS l, count(*) FROM t GROUP BY l ORDER BY md5(CONCAT(LOWER(a), '7'))",
        ),
        (
            "postgres",
            "SELECT DISTINCT a, b FROM t ORDER BY b LIMIT 2",
            (
                "SELECT * FROM (SELECT DISTINCT a, b FROM t ) AS reprocheck_rows ORDER BY b,"
                " md5(CONCAT(reprocheck_rows, '7')) LIMIT 2"
            ),
        ),
        (
            "postgres",
            "SELECT string_agg(a, ',') FROM t WHERE b = $1",
            "SELECT string_agg(a, ',' ORDER BY md5(CONCAT(t, '7'))) FROM t WHERE b = $1",
        ),
        (
            "mysql",
            "SELECT `a`, GROUP_CONCAT(b SEPARATOR '%s') AS c FROM t WHERE d = %s GROUP BY `a` ORDER BY `a`",
            (
                "SELECT `a`, GROUP_CONCAT(b ORDER BY RAND(7) SEPARATOR '%s') AS c FROM t WHERE d = %s"
                " GROUP BY `a` ORDER BY `a`"
            ),
        ),
        ("mysql", "SELECT * FROM t LIMIT 5, 10", "SELECT * FROM t ORDER BY RAND(7) LIMIT 5, 10"),
        ("snowflake", "SELECT * FROM t ORDER BY a", "SELECT * FROM t ORDER BY a, RANDOM(7)"),
        (
            "sqlite",
            "select a||b, row_number() over (order by c) from t -- all of it",
            (
                "select a||b, row_number() over (order by c, reprocheck_order(7))"
                ' AS "row_number() over (order by c)" from t ORDER BY reprocheck_order(7) -- all of it'
            ),
        ),
    ],
)
def test_texts_are_changed_where_they_must_be_and_nowhere_else(dialect: str, sql: str, permuted: str) -> None:
    """Placeholders, comments, spacing and the names of unnamed columns stay as they are."""
    found = opened(sql, dialect, number=7)
    assert (found.sql, found.problem) == (permuted, "")


@pytest.mark.parametrize(
    ("dialect", "sql", "reason"),
    [
        ("tsql", "SELECT TOP 3 * FROM t", "no permutation is known for tsql"),
        ("sqlite", "SELECT id, LAST_VALUE(v) OVER (ORDER BY g) AS f FROM t ORDER BY id", "frame"),
        ("sqlite", "SELECT GROUP_CONCAT(t.v) FROM t JOIN u ON t.g = u.h", "cannot be permuted"),
        ("sqlite", "SELECT GROUP_CONCAT(rowid) FROM t", "rowid"),
        ("sqlite", "SELECT t.id, u.id FROM t, u UNION SELECT 1, 2", "one name"),
        ("duckdb", "SELECT LIST(v) FROM t", "called after its text"),
        ("postgres", "SELECT g + %s FROM t GROUP BY 1", "tells the rows apart"),
        ("postgres", "SELECT DISTINCT ON (g) g, v FROM t", "DISTINCT ON"),
        ("sqlite", "SELECT FROM WHERE", "cannot be parsed"),
    ],
)
def test_what_cannot_be_permuted_is_left_alone_and_said(dialect: str, sql: str, reason: str) -> None:
    found = opened(sql, dialect, KEYS)
    assert reason in found.problem
    assert found.kind != "none"


def test_the_catalogue_is_told_from_the_users_tables() -> None:
    assert opened("SELECT name FROM sqlite_master", "sqlite").catalogue
    assert opened("SELECT relname FROM pg_catalog.pg_class", "postgres").catalogue
    assert not opened("SELECT name FROM sqlite_master, t", "sqlite").catalogue
    assert not opened("SELECT 1", "sqlite").catalogue


Row = tuple[Any, ...]
Run = Callable[[str], list[Row]]

ROWS = st.lists(st.tuples(st.integers(0, 2), st.one_of(st.none(), st.integers(0, 3))), min_size=0, max_size=7)

ORDERED: Sequence[tuple[str, tuple[int, ...]]] = (
    # a query without LIMIT -> places of the columns that its ORDER BY goes by
    ("SELECT * FROM t", ()),
    ("SELECT id, g, v FROM t ORDER BY g", (1,)),
    ("SELECT g, v, id FROM t ORDER BY g DESC, v", (0, 1)),
    ("SELECT v AS b, id FROM t ORDER BY b", (0,)),
    ("SELECT g, COUNT(*) AS n FROM t GROUP BY g", ()),
    ("SELECT g, COUNT(*) AS n FROM t GROUP BY g ORDER BY n DESC", (1,)),
    ("SELECT g + 1 AS h, MAX(v) AS m FROM t GROUP BY g + 1 ORDER BY 2", (1,)),
    ("SELECT DISTINCT g, v FROM t", ()),
    ("SELECT DISTINCT g, v FROM t ORDER BY v", (1,)),
    ("SELECT g FROM t UNION SELECT v FROM t", ()),
    ("SELECT g, v FROM t UNION ALL SELECT v, g FROM t ORDER BY 1", (0,)),
    ("SELECT a.id, b.id AS other FROM t AS a JOIN t AS b ON a.g = b.g", ()),
    ("SELECT a.g, b.id AS other FROM t AS a LEFT JOIN t AS b ON a.v = b.id ORDER BY a.g", (0,)),
    ("WITH c AS (SELECT g, v FROM t WHERE v > 0) SELECT * FROM c ORDER BY g", (0,)),
    ("SELECT * FROM (SELECT DISTINCT g FROM t) AS d", ()),
)


def sqlite_with(rows: Sequence[Row]) -> Run:
    """A database with these rows in table ``t``, and the function that permuted queries call."""
    connection = sqlite3.connect(":memory:")
    counter = itertools.count()
    connection.create_function(ORDER_FUNCTION, 1, lambda number: hash((number, next(counter))))
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, g INTEGER, v INTEGER)")
    connection.executemany("INSERT INTO t (g, v) VALUES (?, ?)", rows)

    def run(sql: str) -> list[Row]:
        nonlocal counter
        counter = itertools.count()
        return connection.execute(sql).fetchall()

    return run


def duckdb_with(rows: Sequence[Row]) -> Run:
    """The same for DuckDB."""
    connection = duckdb.connect(":memory:")
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, g INTEGER, v INTEGER)")
    for number, row in enumerate(rows, 1):
        connection.execute("INSERT INTO t VALUES (?, ?, ?)", [number, *row])
    return lambda sql: connection.execute(sql).fetchall()


@pytest.mark.parametrize(("dialect", "database"), [("sqlite", sqlite_with), ("duckdb", duckdb_with)])
@settings(deadline=None, max_examples=15)
@given(rows=ROWS, limit=st.one_of(st.none(), st.integers(1, 4)))
def test_permuted_results_are_answers_of_the_query(
    dialect: str, database: Callable[[Sequence[Row]], Run], rows: list[Row], limit: int | None
) -> None:
    """The same rows without LIMIT, some of them with it; ORDER BY is respected; a number gives one order."""
    run = database(rows)
    for plain, keys in ORDERED:
        sql = plain if limit is None else f"{plain} LIMIT {limit}"
        found = opened(sql, dialect, {"t": (frozenset({"id"}),)}, number=5)
        assert not found.problem
        permuted, asked, everything = run(found.sql), run(sql), run(plain)
        assert len(permuted) == len(asked)
        assert not Counter(permuted) - Counter(everything)
        assert [[row[key] for key in keys] for row in permuted] == [[row[key] for key in keys] for row in asked]
        assert run(found.sql) == permuted


@pytest.mark.parametrize(("dialect", "database"), [("sqlite", sqlite_with), ("duckdb", duckdb_with)])
@pytest.mark.parametrize(("sql", "_keys"), ORDERED)
def test_some_number_gives_another_order(
    dialect: str, database: Callable[[Sequence[Row]], Run], sql: str, _keys: object
) -> None:
    run = database([(0, 1), (0, 2), (0, 2), (1, 0), (1, 0), (1, 3), (2, 1), (3, 1)])
    answers = {tuple(run(opened(sql, dialect, number=number).sql)) for number in range(1, 9)}
    assert len(answers) > 1


@pytest.mark.parametrize(("dialect", "database"), [("sqlite", sqlite_with), ("duckdb", duckdb_with)])
@settings(deadline=None, max_examples=15)
@given(rows=ROWS)
def test_windows_and_aggregates_make_an_admissible_choice(
    dialect: str, database: Callable[[Sequence[Row]], Run], rows: list[Row]
) -> None:
    """Row numbers follow the window's order, ranks are as ever, and strings hold the same parts."""
    run = database(rows)
    numbered = "SELECT ROW_NUMBER() OVER (ORDER BY g) AS r, RANK() OVER (ORDER BY g) AS k, g, id FROM t ORDER BY r"
    permuted = run(opened(numbered, dialect, number=5).sql)
    assert [row[:3] for row in permuted] == [row[:3] for row in run(numbered)]
    assert sorted(row[3] for row in permuted) == list(range(1, len(rows) + 1))
    joined = "SELECT g, GROUP_CONCAT(id) AS ids FROM t GROUP BY g ORDER BY g"
    found = run(opened(joined, dialect, number=5).sql)
    assert [(g, sorted(ids.split(","))) for g, ids in found] == [(g, sorted(ids.split(","))) for g, ids in run(joined)]
    first = "SELECT MAX(x.v) AS m, COUNT(*) AS n FROM (SELECT v FROM t ORDER BY g LIMIT 2) AS x"
    assert run(opened(first, dialect, number=5).sql)[0][1] == min(2, len(rows))


@pytest.mark.parametrize(("dialect", "database"), [("sqlite", sqlite_with), ("duckdb", duckdb_with)])
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id, ROW_NUMBER() OVER (ORDER BY g) AS r FROM t ORDER BY id",
        "SELECT id, LAG(id) OVER (PARTITION BY g ORDER BY g) AS r FROM t ORDER BY id",
        "SELECT id, FIRST_VALUE(id) OVER w AS r FROM t WINDOW w AS (ORDER BY g) ORDER BY id",
        "SELECT id, SUM(v) OVER (ORDER BY g ROWS 1 PRECEDING) AS s FROM t ORDER BY id",
        "SELECT GROUP_CONCAT(id) AS ids FROM t",
        "SELECT GROUP_CONCAT(d.id) AS ids FROM (SELECT id FROM t ORDER BY g) AS d",
        "SELECT SUM(d.id) AS s FROM (SELECT id FROM t ORDER BY g LIMIT 3) AS d",
        "SELECT id FROM t WHERE id IN (SELECT id FROM t ORDER BY g LIMIT 3) ORDER BY id",
        "WITH c AS (SELECT id FROM t ORDER BY g LIMIT 3) SELECT SUM(id) AS s FROM c",
    ],
)
def test_inner_orders_are_permuted(dialect: str, database: Callable[[Sequence[Row]], Run], sql: str) -> None:
    run = database([(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (1, 32), (1, 64)])
    answers = {tuple(run(opened(sql, dialect, number=number).sql)) for number in range(1, 9)}
    assert len(answers) > 1


def test_columns_without_a_name_keep_the_one_they_have() -> None:
    connection = sqlite3.connect(":memory:")
    connection.create_function(ORDER_FUNCTION, 1, lambda number: number)
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, g INTEGER)")
    sql = 'select g+1, row_number()over(order by g), (select id from t limit 1), "id" from t'
    names = [column[0] for column in connection.execute(opened(sql, "sqlite").sql).description]
    assert names == [column[0] for column in connection.execute(sql).description]
