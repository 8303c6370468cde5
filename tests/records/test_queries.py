"""Rows that queries give, by every way to fetch them, told alike whatever the driver."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import pytest

from pytest_reprocheck.core.records import Query, Record
from tests.execution.helpers import write
from tests.records.projects import run_record

USE = """\
    {connect}
    cursor = con.cursor()
    cursor.execute("CREATE TEMPORARY TABLE t (a INTEGER, b VARCHAR(9))")
    for number in range(5):
        cursor.execute("INSERT INTO t VALUES (%d, 'word%d')" % (number, number))
    cursor.execute("SELECT a, b FROM t ORDER BY a -- all")
    print(len(cursor.fetchall()))
    cursor.execute("SELECT a, b FROM t ORDER BY a -- one")
    while cursor.fetchone() is not None:
        pass
    cursor.execute("SELECT a, b FROM t ORDER BY a -- many")
    print(len(cursor.fetchmany(3)), len(cursor.fetchmany(9)))
    cursor.execute("SELECT a, b FROM t WHERE a > 99")
    print(len(cursor.fetchall()))
"""


def record_of(root: Path, text: str) -> Record:
    write(root, {"ask.py": text, "pytest.ini": ""})
    return run_record(root, "ask.py", tells_rows=True)


def asked(record: Record, text: str = "ORDER BY a") -> list[Query]:
    return [query for query in record.queries if text in query.text and query.text.startswith("SELECT")]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Record:
    """What sqlite3 gives."""
    return record_of(tmp_path_factory.mktemp("plain"), USE.format(connect="import sqlite3; con = sqlite3.connect('')"))


def test_all_ways_to_fetch_tell_the_same_rows(plain: Record) -> None:
    """From one cursor that asks again and again; a query without rows is told, too."""
    assert [query.rows for query in asked(plain)] == [5, 5, 5]
    assert len({(query.ordered, query.unordered, query.columns) for query in asked(plain)}) == 1
    assert [(query.rows, query.columns) for query in asked(plain, "> 99")] == [(0, ("a", "b"))]


def test_rows_of_duckdb_are_told_as_others_are(plain: Record, tmp_path: Path) -> None:
    """What changes a table is no query."""
    pytest.importorskip("duckdb")
    record = record_of(tmp_path, USE.format(connect="import duckdb; con = duckdb.connect()"))
    assert [(each.text, each.rows, each.ordered) for each in record.queries] == [
        (each.text, each.rows, each.ordered) for each in plain.queries
    ]


DUCKDB = """\
    import duckdb, pandas
    numbers = pandas.DataFrame({"a": [3, 1, 2], "b": ["x", "y", "z"]})
    duckdb.sql("SELECT a FROM numbers").fetchall()
    duckdb.execute("SELECT b FROM numbers"); duckdb.fetchall()
    print(duckdb.sql("SELECT a, b FROM numbers").df().shape)
    print(len(duckdb.query("SELECT a, b FROM numbers ORDER BY a").fetchnumpy()))
    print(duckdb.sql("SELECT a AS c FROM numbers").filter("c > 1").fetchall())
    con = duckdb.connect()
    con.execute("SELECT a + ? AS d FROM numbers", [1]).fetchone()
"""


def test_relations_and_tables_of_duckdb(tmp_path: Path) -> None:
    """The user's own variables are found, tables have a digest without order, relations a statement of their own."""
    pytest.importorskip("duckdb")
    pytest.importorskip("pandas")
    record = record_of(tmp_path / "one", DUCKDB)
    told = {query.text: query for query in record.queries}
    assert [query.rows for query in told.values()] == [3, 3, 3, 3, 2, 1]
    assert not [query for query in told.values() if query.rows == 0]
    frame = told["SELECT a, b FROM numbers"]
    assert frame.ordered.startswith("pandas:")
    assert told["SELECT a + ? AS d FROM numbers"].parameters
    other = record_of(
        tmp_path / "two", DUCKDB.replace('[3, 1, 2], "b": ["x", "y", "z"]', '[1, 3, 2], "b": ["y", "x", "z"]')
    )
    assert [query.text for query in other.queries] == [query.text for query in record.queries]
    (again,) = [query for query in other.queries if query.text == frame.text]
    assert again.ordered != frame.ordered
    assert again.unordered == frame.unordered


def test_sqlalchemy_tells_what_its_driver_does(tmp_path: Path) -> None:
    """By results and by pandas."""
    pytest.importorskip("sqlalchemy")
    pytest.importorskip("pandas")
    record = record_of(
        tmp_path,
        """\
        import pandas, sqlalchemy as sa
        engine = sa.create_engine("sqlite://")
        pandas.DataFrame({"a": [1, 2, 3]}).to_sql("t", engine, index=False)
        with engine.connect() as con:
            print(len(con.execute(sa.text("SELECT a FROM t ORDER BY a")).all()))
            print(len(pandas.read_sql("SELECT a FROM t ORDER BY a DESC", con)))
        """,
    )
    assert [query.rows for query in asked(record)] == [3, 3]


SERVERS = [str(folder) for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"))]


@pytest.fixture(scope="module")
def postgres() -> Iterator[int]:
    """The port of a server of this module's own."""
    if not SERVERS or (os.getuid() == 0 and not shutil.which("setpriv")):
        pytest.skip("PostgreSQL is not installed")
    with ExitStack() as stack:
        import tempfile

        # A folder that another user may reach: root must not run the server.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rc-pg-", dir="/tmp")))
        lowered = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []
        if lowered:
            os.chown(folder, 65534, 65534)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port: int = free.getsockname()[1]

        def run(*args: str) -> None:
            subprocess.run([*lowered, *args], check=True, capture_output=True, cwd=folder)

        run(f"{SERVERS[-1]}/initdb", "-D", "data", "-A", "trust", "-U", "u", "--no-sync")
        control = [f"{SERVERS[-1]}/pg_ctl", "-D", "data", "-w"]
        run(*control, "-l", "log", "-o", f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -F", "start")
        stack.callback(run, *control, "-m", "immediate", "stop")
        yield port


CONNECT = {
    "pg8000": "import pg8000.dbapi as m; con = m.connect('u', host='127.0.0.1', port={port}, database='postgres')",
    "psycopg": "import psycopg; con = psycopg.connect('host=127.0.0.1 port={port} user=u dbname=postgres')",
    "psycopg2": "import psycopg2; con = psycopg2.connect('host=127.0.0.1 port={port} user=u dbname=postgres')",
}


@pytest.mark.parametrize("driver", sorted(CONNECT))
def test_drivers_of_a_real_postgresql(driver: str, postgres: int, plain: Record, tmp_path: Path) -> None:
    """Each of them gives what sqlite3 gives, and is told so."""
    if find_spec(driver) is None:
        pytest.skip(f"{driver} is not installed")
    record = record_of(tmp_path, USE.format(connect=CONNECT[driver].format(port=postgres)))
    assert [(each.text, each.rows, each.ordered, each.unordered) for each in record.queries] == [
        (each.text, each.rows, each.ordered, each.unordered) for each in plain.queries
    ]
